using System.Globalization;
using AarenApp;
using AarenGen;

const string table = "moves.csv", weights = "policy.safetensors";
try
{
    if (!File.Exists(table))
    {
        Sample.Write(table);
        Console.WriteLine($"{table} is a sample; put your own table in its place.");
    }
    switch (args)
    {
        case ["train"]:
            Policy policy = Policy.Create(seed: 1);
            Console.WriteLine(policy.Fit(Policy.ReadTable(table)));
            policy.Save(weights);
            return 0;
        case ["act", var target]:
            Policy trained = Policy.Load(weights);
            double mean = Episodes.Run(trained, double.Parse(target, CultureInfo.InvariantCulture), 40, new Random(2));
            Console.WriteLine($"40 episodes that were asked for {target} brought {mean:F1} in the mean");
            return 0;
        default:
            Console.Error.WriteLine("train: trains the policy; act RETURN: lets it act, asked for that return");
            return 2;
    }
}
catch (Exception e) when (e is IOException or ArgumentException or FormatException or TableException or RecordException
    or ModelFileException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
