using AarenApp;
using AarenGen;

const string table = "visits.csv", weights = "events.safetensors";
try
{
    if (!File.Exists(table))
    {
        Sample.Write(table);
        Console.WriteLine($"{table} is a sample; put your own table in its place.");
    }
    Visit[] visits = [.. EventModel.ReadTable(table)];
    switch (args)
    {
        case ["train"]:
            DateTimeOffset test = visits.Select(static v => v.Time).Order().ElementAt(visits.Length * 4 / 5);
            EventModel model = EventModel.Create(seed: 1);
            Console.WriteLine(model.Fit(visits, new() { ValidateUntil = test }));
            Console.WriteLine(model.Evaluate(visits, test));
            model.Save(weights);
            return 0;
        case ["stream"]:
            EventModel trained = EventModel.Load(weights);
            SeriesStateCollection<EventModel> states = trained.CreateSeriesStates();
            foreach (Visit visit in visits)
            {
                EventModel.NextEvent next = trained.Step(states[visit.Visitor], visit);
                Console.WriteLine($"{visit.Time:u} {visit.Visitor} {visit.Activity}: then {next.Mark.MostLikely} in {next.Wait.Median}");
            }
            return 0;
        default:
            Console.Error.WriteLine("train: trains and evaluates the model; stream: predicts after each row of the table");
            return 2;
    }
}
catch (Exception e) when (e is IOException or ArgumentException or TableException or RecordException or ModelFileException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
