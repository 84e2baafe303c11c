using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json;

namespace AarenGen.AspNetCore.Tests;

/// <summary>Outputs as server-sent events.</summary>
public sealed class EventTests
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    /// <summary>Watches a stream; when it returns, the stream is watched.</summary>
    private static async Task<Stream> Watch(StreamsApp app, string id)
    {
        HttpResponseMessage response = await app.Client.GetAsync($"/small/{id}/events", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.ToString());
        Assert.True(response.Headers.CacheControl!.NoStore);
        return await response.Content.ReadAsStreamAsync();
    }

    [Fact]
    public async Task Outputs_come_as_they_are()
    {
        await using StreamsApp app = await StreamsApp.StartAsync(new() { Heartbeat = TimeSpan.FromMilliseconds(20) });
        await app.Step("a", 1, 0, 1);
        await using Stream stream = await Watch(app, "a");
        IAsyncEnumerator<SseItem<string>> events = SseParser.Create(stream).EnumerateAsync().GetAsyncEnumerator();
        for (int i = 2; i < 200; i++)
        {
            await app.Step("b", i - 1, 5, 5);
            TokenAnswer result = await app.Step("a", i, i, 0.1f);
            Assert.True(await events.MoveNextAsync());
            Assert.Equal($"{i}", events.Current.EventId);
            TokenEvent output = JsonSerializer.Deserialize<TokenEvent>(events.Current.Data, Web)!;
            Assert.Equal(i, output.Sequence);
            Assert.Equal([i, 0.1f], output.Token);
            Assert.Equal(result.Output, output.Output);
        }
    }

    [Fact]
    public async Task Comments_come_while_there_are_no_outputs()
    {
        await using StreamsApp app = await StreamsApp.StartAsync(new() { Heartbeat = TimeSpan.FromMilliseconds(20) });
        await app.Step("a", 1, 0, 1);
        using var reader = new StreamReader(await Watch(app, "a"));
        Assert.Equal(": watching", await reader.ReadLineAsync());
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("", await reader.ReadLineAsync());
            Assert.Equal(": alive", await reader.ReadLineAsync());
        }
    }

    [Fact]
    public async Task A_stream_that_is_unknown_is_not_watched()
    {
        await using StreamsApp app = await StreamsApp.StartAsync();
        await StreamsApp.Problem(HttpStatusCode.NotFound, await app.Client.GetAsync("/small/a/events"));
    }

    [Fact]
    public async Task The_number_of_watchers_is_limited_and_those_who_go_make_room()
    {
        await using StreamsApp app = await StreamsApp.StartAsync(new() { MaxWatchers = 2, Heartbeat = TimeSpan.FromMilliseconds(20) });
        await app.Step("a", 1, 0, 1);
        await using Stream first = await Watch(app, "a");
        Stream second = await Watch(app, "a");
        HttpResponseMessage third = await app.Client.GetAsync("/small/a/events");
        Assert.NotNull(third.Headers.RetryAfter);
        await StreamsApp.Problem(HttpStatusCode.ServiceUnavailable, third);
        await second.DisposeAsync();
        HttpStatusCode status;
        do
        {
            using HttpResponseMessage again =
                await app.Client.GetAsync("/small/a/events", HttpCompletionOption.ResponseHeadersRead);
            status = again.StatusCode;
        }
        while (status == HttpStatusCode.ServiceUnavailable);
        Assert.Equal(HttpStatusCode.OK, status);
    }

    [Fact]
    public async Task Watchers_do_not_keep_the_host_from_stopping()
    {
        await using StreamsApp app = await StreamsApp.StartAsync();
        await app.Step("a", 1, 0, 1);
        using var reader = new StreamReader(await Watch(app, "a"));
        Task<string> rest = reader.ReadToEndAsync();
        await app.StopAsync().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.StartsWith(": watching", await rest, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_watcher_that_reads_nothing_holds_up_nobody()
    {
        await using StreamsApp app = await StreamsApp.StartAsync(new() { WatchCapacity = 4 });
        await app.Step("a", 1, 0, 1);
        await using Stream stream = await Watch(app, "a");
        // More than sockets buffer.
        NamedTokenRequest[] tokens = [.. Enumerable.Repeat(new NamedTokenRequest { Id = "a", Token = [1.2345678f, 2.3456789f] }, 4096)];
        for (int i = 0; i < 30; i++)
        {
            IReadOnlyList<TokenAnswer> results = await app.StepMany("/small", tokens);
            Assert.Equal(1 + 4096 * (i + 1), results[^1].Sequence);
        }
        // Afterwards it reads on, with gaps.
        long last = 1;
        await foreach (SseItem<string> item in SseParser.Create(stream).EnumerateAsync())
        {
            long sequence = long.Parse(item.EventId!, System.Globalization.CultureInfo.InvariantCulture);
            Assert.True(sequence > last);
            last = sequence;
            if (last == 1 + 4096 * 30)
            {
                break;
            }
        }
    }
}
