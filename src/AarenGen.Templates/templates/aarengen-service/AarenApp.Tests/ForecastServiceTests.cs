using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using AarenGen;
using Microsoft.AspNetCore.Builder;

namespace AarenApp.Tests;

public sealed class ForecastServiceTests : IDisposable
{
    private const string Key = "a key for this test alone";

    private readonly string folder = Directory.CreateTempSubdirectory("AarenApp").FullName;

    private string Weights => Path.Combine(folder, "forecaster.safetensors");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_short_training_forecasts_better_than_the_last_value()
    {
        Forecaster model = Train();
        StreamState<Forecaster> state = model.CreateState();
        var output = new float[Forecaster.OutputWidth];
        double error = 0, naive = 0;
        for (int hour = 0; hour + 1 < Sample.Hours; hour++)
        {
            float[] token = Sample.Token(300, hour);
            model.Step(state, token, output);
            if (hour >= 48)
            {
                float truth = Sample.Token(300, hour + 1)[0];
                error += Math.Abs(Forecaster.Next(output).Mean() - truth);
                naive += Math.Abs(token[0] - truth);
            }
        }
        Assert.True(error < naive, $"{error} is not below {naive}.");
    }

    [Fact]
    public async Task A_stream_needs_the_key_and_goes_on_after_a_restart()
    {
        Train().Save(Weights);
        string output;
        await using (WebApplication app = await StartAsync())
        {
            using HttpClient stranger = Client(app, "another key"), client = Client(app, Key);
            using HttpResponseMessage refused = await SendAsync(stranger, 1);
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);

            output = await OutputAsync(client, 1);
            // The same token again is read once.
            Assert.Equal(output, await OutputAsync(client, 1));
            await app.StopAsync();
        }
        await using (WebApplication app = await StartAsync())
        {
            using HttpClient client = Client(app, Key);
            Assert.Equal(output, await OutputAsync(client, 1));
            Assert.NotEqual(output, await OutputAsync(client, 2));
            // A token is missing.
            using HttpResponseMessage gap = await SendAsync(client, 4);
            Assert.Equal(HttpStatusCode.BadRequest, gap.StatusCode);
            await app.StopAsync();
        }
    }

    private static Forecaster Train()
    {
        Forecaster model = Forecaster.Create(seed: 1);
        model.Fit(Sample.Sequences(0, 100), null, new() { Epochs = 6, LearningRate = 4e-3 });
        return model;
    }

    private async Task<WebApplication> StartAsync()
    {
        WebApplication app = ForecastService.Build(
            Weights, Path.Combine(folder, "streams"), "--urls", "http://127.0.0.1:0", "--ApiKey", Key);
        await app.StartAsync();
        return app;
    }

    private static HttpClient Client(WebApplication app, string key)
    {
        var client = new HttpClient { BaseAddress = new(app.Urls.First()) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    private static Task<HttpResponseMessage> SendAsync(HttpClient client, int number) =>
        client.PostAsJsonAsync("/streams/roof", new { token = Sample.Token(300, number), sequence = number });

    private static async Task<string> OutputAsync(HttpClient client, int number)
    {
        using HttpResponseMessage answer = await SendAsync(client, number);
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("output").GetRawText();
    }
}
