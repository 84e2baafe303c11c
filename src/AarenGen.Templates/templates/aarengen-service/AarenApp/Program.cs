using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using AarenApp;
using AarenGen;

const string weights = "forecaster.safetensors", streams = "streams";
try
{
    switch (args)
    {
        case ["train"]:
            Forecaster model = Forecaster.Create(seed: 1);
            Console.WriteLine(model.Fit(Sample.Sequences(0, 200), Sample.Sequences(200, 40), new() { Epochs = 12, LearningRate = 4e-3 }));
            model.Save(weights);
            return 0;
        case ["serve", ..]:
            await using (WebApplication app = ForecastService.Build(weights, streams, args[1..]))
            {
                await app.RunAsync();
            }
            return 0;
        case ["demo"]:
            await DemoAsync();
            return 0;
        default:
            Console.Error.WriteLine(
                """
                train: trains the model on made-up sensors
                serve: serves streams; the environment variable ApiKey is the key of clients, --urls http://localhost:5000 the address
                demo: serves on a free port, and sends five days of a sensor
                """);
            return 2;
    }
}
catch (Exception e) when (e is IOException or InvalidDataException or ArgumentException or ModelFileException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}

// What a client does. A token has a number, so that it can be sent again after a failure: it is read once.
static async Task DemoAsync()
{
    string key = Guid.NewGuid().ToString("N"), folder = Directory.CreateTempSubdirectory("AarenApp").FullName;
    try
    {
        await using WebApplication app = ForecastService.Build(
            weights, folder, "--urls", "http://127.0.0.1:0", "--ApiKey", key, "--Logging:LogLevel:Default", "Warning");
        await app.StartAsync();
        using var client = new HttpClient { BaseAddress = new(app.Urls.First()) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        for (int hour = 0; hour < 5 * 24; hour++)
        {
            float[] token = Sample.Token(sensor: 300, hour);
            using HttpResponseMessage answer = await client.PostAsJsonAsync("/streams/sensor-300", new { token, sequence = hour + 1 });
            answer.EnsureSuccessStatusCode();
            JsonElement result = await answer.Content.ReadFromJsonAsync<JsonElement>();
            float[] output = [.. result.GetProperty("output").EnumerateArray().Select(static n => n.GetSingle())];
            GaussianPrediction next = Forecaster.Next(output);
            if (hour >= 4 * 24)
            {
                Console.WriteLine($"{hour % 24,2}h: {token[0]:F2}; next hour {next.Mean():F2}, from {next.Quantile(0.025):F2} to "
                    + $"{next.Quantile(0.975):F2}");
            }
        }
        await app.StopAsync();
    }
    finally
    {
        Directory.Delete(folder, recursive: true);
    }
}
