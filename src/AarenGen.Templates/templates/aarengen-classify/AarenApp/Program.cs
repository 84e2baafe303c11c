using AarenApp;
using AarenGen;

const string table = "recordings.csv", test = "test.csv", weights = "classifier.safetensors";
try
{
    if (!File.Exists(table))
    {
        Sample.Write(table);
        Sample.Write(test, seed: 2);
        Console.WriteLine($"{table} and {test} are samples; put your own tables in their place.");
    }
    switch (args)
    {
        case ["train"]:
            Classifier model = Classifier.Create(seed: 1);
            Console.WriteLine(model.Fit(Classifier.ReadTable(table)));
            model.Save(weights);
            Console.WriteLine(model.Evaluate(Classifier.ReadTable(test)));
            return 0;
        case ["classify"]:
            Classifier trained = Classifier.Load(weights);
            foreach (IGrouping<string, Motion> recording in Classifier.ReadTable(test).GroupBy(static m => m.Recording))
            {
                Classification<Activity> result = trained.Classify(recording);
                Console.WriteLine($"{recording.Key}: {result.Label}, probability {result.Probability(result.Label):F2}");
            }
            return 0;
        default:
            Console.Error.WriteLine("train: trains and evaluates the model; classify: tells the label of each recording of the test");
            return 2;
    }
}
catch (Exception e) when (e is IOException or ArgumentException or TableException or RecordException or ModelFileException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
