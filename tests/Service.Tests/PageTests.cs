using PuppeteerSharp;

namespace Service.Tests;

/// <summary>A browser without a window.</summary>
public sealed class HeadlessBrowser : IAsyncLifetime
{
    private IBrowser? browser;

    public async Task InitializeAsync()
    {
        if (Chromium.Path is not null)
        {
            browser = await Puppeteer.LaunchAsync(new()
            {
                ExecutablePath = Chromium.Path,
                Headless = true,
                // It shows nothing but this page, and containers have neither the rights of a sandbox nor much shared memory.
                Args = ["--no-sandbox", "--disable-dev-shm-usage"],
            });
        }
    }

    public async Task DisposeAsync()
    {
        if (browser is not null)
        {
            await browser.CloseAsync();
        }
    }

    /// <summary>A page with cookies of its own.</summary>
    internal async Task<PageDriver> Open(string address, TimeSpan? patience = null)
    {
        IBrowserContext context = await browser!.CreateBrowserContextAsync();
        var page = new PageDriver(await context.NewPageAsync(), patience);
        await page.GoTo(address);
        return page;
    }
}

/// <summary>The page in a browser, as a user sees it.</summary>
public sealed class PageTests(HeadlessBrowser browser) : TemporaryFolder, IClassFixture<HeadlessBrowser>
{
    /// <summary>Another tab is in front of the page; and the page is in front again.</summary>
    private const string Hide =
        "Object.defineProperty(document, 'hidden', { configurable: true, get: () => true })"
            + " && document.dispatchEvent(new Event('visibilitychange'))",
        Show = "delete document.hidden && document.dispatchEvent(new Event('visibilitychange'))";

    private static readonly bool IsUpdate = Environment.GetEnvironmentVariable("AARENGEN_UPDATE_SNAPSHOTS") == "1";

    [ChromiumFact]
    public async Task The_page_shows_values_forecasts_alarms_and_what_was_found()
    {
        // The picture of the documentation is of the default. Elsewhere time passes ten times faster.
        string[] size = IsUpdate ? [] : ["--sensors", "1000", "--rate", "10000"];
        using ServiceProcess service = await Start(size);
        await using PageDriver page = await browser.Open(service.Page);
        await page.WaitUntil("document.querySelector('#tokens').textContent !== '–'");
        Assert.Equal($"{service.Address}", await page.Evaluate<string>("location.href.replace(location.hash, '')"));
        await page.Picture("warm-up", 1200);
        await page.WaitUntil("document.querySelector('#warm-up').hidden");
        await page.WaitUntil("document.querySelectorAll('#alarms li').length >= 12");

        // Numbers live.
        Assert.Equal(IsUpdate ? "10,000" : "1,000", await page.Text("#sensor-count"));
        string state = await page.Text("#picked-state");
        await page.WaitUntil($"document.querySelector('#picked-state').textContent !== '{state}'");
        Assert.InRange(await page.Number("#rate"), 100, 1_000_000);
        Assert.InRange(await page.Number("#slow"), 0.001, 10_000);
        Assert.InRange(await page.Number("#memory"), 0.1, 1000);

        // Of planted faults those that have ended are found or missed.
        await page.WaitUntil("document.querySelector('#found-share').textContent !== '–'");
        double[] found = await Column(page, 2), planted = await Column(page, 1), missed = await Column(page, 3);
        Assert.InRange(found.Sum(), 1, planted.Sum());
        Assert.InRange(missed.Sum(), 0, 0.2 * planted.Sum());
        Assert.InRange(await page.Number("#found-share"), 80, 100);

        // A tap on an alarm shows its sensor, with the reading that was judged wrong.
        if (IsUpdate)
        {
            // A picture in which there is something to see.
            await page.WaitUntil("document.querySelectorAll('#alarms li').length >= 30");
        }
        string sensor = await page.Evaluate<string>("""
            (rows => (rows.findLast(r => r.textContent.includes('stuck')) ?? rows[3]).dataset.sensor)(
                [...document.querySelectorAll('#alarms button')])
            """);
        await page.Click($"#alarms button[data-sensor='{sensor}']");
        await page.WaitFor("#picked-title", sensor);
        await page.WaitUntil("document.querySelector('#chart .wrong').getAttribute('d').length > 0");
        await page.WaitUntil("document.querySelector('#chart .value').getAttribute('d').length > 500");
        Assert.True(await page.Evaluate<bool>("document.querySelector('#chart .band').getAttribute('d').length > 500"));
        Assert.True(await page.Evaluate<bool>("document.querySelector('#chart .ahead').getAttribute('d').length > 50"));
        Assert.Contains("judged wrong", await page.Evaluate<string>("document.querySelector('#chart svg').ariaLabel"));

        await page.Evaluate<int>("document.querySelector('#alarms').scrollTop = 0");
        string picture = await page.Picture("live", 1200);
        await page.Picture("live-dark", 1200, isDark: true);
        await page.Picture("live-phone", 390);
        await page.Picture("live-phone-dark", 390, isDark: true);
        if (IsUpdate)
        {
            File.Copy(picture, Path.Combine(Repository.Root, "docs", "images", "service.png"), overwrite: true);
        }
        Assert.Equal("", await page.Evaluate<string>("""
            [...document.querySelectorAll('button, input, [role=img], canvas')].filter(e => !e.ariaLabel && !e.textContent.trim()
                && !e.getAttribute('aria-labelledby')).map(e => e.outerHTML.slice(0, 80)).join()
            """));
        Assert.Empty(page.Complaints);
    }

    [ChromiumFact]
    public async Task A_sensor_is_picked_by_its_id_and_several_pages_show_several()
    {
        using ServiceProcess service = await Start("--sensors", "300", "--rate", "3000");
        await using PageDriver page = await browser.Open(service.Page), second = await browser.Open(service.Page);
        await page.WaitFor("#picked-title", "sensor-00000");
        foreach ((string text, string expected) in (IEnumerable<(string, string)>)
            [("42", "sensor-00042"), ("sensor-00299", "sensor-00299"), ("SENSOR-7", "sensor-00007")])
        {
            await Pick(page, text);
            await page.WaitFor("#picked-title", expected);
            Assert.Equal("#" + expected, await page.Evaluate<string>("location.hash"));
        }
        await page.Click("#previous");
        await page.WaitFor("#picked-title", "sensor-00006");
        await page.Click("#next");
        await page.WaitFor("#picked-title", "sensor-00007");

        await Pick(page, "300");
        string mistake = await page.WaitFor("#mistake", "300");
        Assert.Equal("There is no sensor “300”; ids go from sensor-00000 to sensor-00299.", mistake);
        await page.Click("#next");
        await page.WaitFor("#picked-title", "sensor-00008");
        Assert.True(await page.Evaluate<bool>("document.querySelector('#mistake').hidden"));

        // Each page has its own sensor; an address names it.
        await second.GoTo($"{service.Address}#sensor-00123");
        await second.WaitFor("#picked-title", "sensor-00123");
        await using (PageDriver third = await browser.Open(service.Page))
        {
            await third.WaitFor("#picked-title", "sensor-00000");
            await Task.WhenAll(((PageDriver[])[page, second, third]).Select(p => p.WaitFor("#connection", "Live, 3 pages")));
            string[] charts = await Task.WhenAll(((PageDriver[])[page, second, third]).Select(async p =>
            {
                await p.WaitUntil("(document.querySelector('#chart .value')?.getAttribute('d') ?? '').length > 500");
                return await p.Evaluate<string>("document.querySelector('#chart .value').getAttribute('d')");
            }));
            Assert.Equal(3, charts.Distinct().Count());
            Assert.Empty(third.Complaints);
        }
        await page.WaitFor("#connection", "Live, 2 pages");
        await page.WaitFor("#picked-title", "sensor-00008");
        Assert.Empty(page.Complaints);
        Assert.Empty(second.Complaints);
    }

    [ChromiumFact]
    public async Task A_page_outlives_the_process_and_has_no_gap()
    {
        ServiceProcess service = await Start("--sensors", "200", "--rate", "2000");
        await using PageDriver page = await browser.Open($"{service.Page}#sensor-00011");
        await page.WaitUntil("document.querySelector('#warm-up').hidden && document.querySelector('#tokens').textContent !== '–'");
        await page.WaitFor("#picked-title", "sensor-00011");
        double before = await page.Number("#tokens");
        await service.KillAsync();
        service.Dispose();
        await page.WaitFor("#connection", "No answer; trying again");
        await page.Picture("lost", 390);
        page.ForgetComplaints();
        service = await Start("--sensors", "200", "--rate", "2000", "--port", $"{service.Address.Port}");
        using (service)
        {
            await page.WaitFor("#connection", "Live");
            await page.WaitUntil($"Number(document.querySelector('#tokens').textContent.replaceAll(',', '')) > {before + 2000}");
            await page.WaitFor("#picked-title", "sensor-00011");
            // A day and a half, as far as a narrow page goes: from before the end, and after it.
            Assert.Matches("^144 readings from ", await page.Evaluate<string>("document.querySelector('#chart svg').ariaLabel"));
        }
    }

    [RedisChromiumFact]
    public async Task A_killed_silo_leaves_no_gap_in_the_page()
    {
        string[] size = IsUpdate ? ["--sensors", "10000"] : ["--sensors", "200", "--rate", "2000"];
        using ServiceProcess service = await Start("cluster", [.. size, "--kill", "3"]);
        await using PageDriver page = await browser.Open($"{service.Page}#sensor-00011");
        await page.WaitUntil("document.querySelector('#tokens').textContent !== '–'");
        Assert.Equal("2 silos", await page.Text("#home"));
        await page.WaitUntil("document.querySelector('#warm-up').hidden");
        await page.WaitUntil("document.querySelector('#silos [data-state=down]') !== null");
        string wide = await page.Picture("cluster", 1200);
        if (IsUpdate)
        {
            File.Copy(wide, Path.Combine(Repository.Root, "docs", "images", "service-cluster.png"), overwrite: true);
            return;
        }
        await page.Picture("cluster-narrow", 390);
        double before = await page.Number("#tokens");
        // Once or more: a browser that is slow misses a moment.
        await page.WaitUntil("[...document.querySelectorAll('#silos li')].every(s => s.textContent.includes('killed'))");
        await page.WaitUntil($"Number(document.querySelector('#tokens').textContent.replaceAll(',', '')) > {before + 2000}");
        // The page never lost the program, and has a day and a half of readings, as far as a narrow page goes.
        Assert.Equal("Live", await page.Text("#connection"));
        Assert.Matches("^144 readings from ", await page.Evaluate<string>("document.querySelector('#chart svg').ariaLabel"));
        Assert.Empty(page.Complaints);
    }

    /// <summary>While a silo is gone, the dashboard has errors of its own.</summary>
    [RedisChromiumFact]
    public async Task Orleans_dashboard_shows_the_grains_of_the_streams()
    {
        using ServiceProcess service = await Start("cluster", ["--sensors", "50", "--rate", "500", "--kill", "0"]);
        await using PageDriver page = await browser.Open(service.Page);
        await page.WaitUntil("document.querySelector('#tokens').textContent !== '–'");
        await page.Click("#cluster a");
        await page.WaitFor("body", "Total Activations");
        await page.Evaluate<string>("location.hash = '#/grains'");
        // It shows the last part of a name; the whole one is in the address.
        await page.Element("a[href^='#/grain/'][href*='AarenGen.Orleans.ShardGrain']");
        await page.Picture("orleans", 1200);
        Assert.Empty(page.Complaints);
    }

    /// <summary>Six connections are all that a browser has to a server.</summary>
    [ChromiumFact]
    public async Task A_page_that_nobody_looks_at_has_no_connection_and_later_no_gap()
    {
        using ServiceProcess service = await Start("--sensors", "100", "--rate", "1000");
        await using PageDriver page = await browser.Open(service.Page), second = await browser.Open($"{service.Page}");
        await page.WaitFor("#connection", "Live, 2 pages");
        await second.Evaluate<bool>(Hide);
        await page.WaitUntil("document.querySelector('#connection').textContent === 'Live'");
        await second.Evaluate<bool>(Show);
        await page.WaitFor("#connection", "Live, 2 pages");
        await second.WaitUntil("document.querySelector('#chart svg').ariaLabel.match(/^(144|288) readings/)");
        Assert.Empty(page.Complaints);
        Assert.Empty(second.Complaints);
    }

    /// <summary>A page that was refused tries again each second, until nobody looks at it.</summary>
    [ChromiumFact]
    public async Task A_page_that_was_refused_does_not_try_again_while_nobody_looks_at_it()
    {
        using ServiceProcess service = await Start("--sensors", "10", "--rate", "100");
        using HttpClient client = service.Client(service.Key);
        List<HttpResponseMessage> others = [];
        for (int i = 0; i < 100; i++)
        {
            others.Add(await client.GetAsync("/live", HttpCompletionOption.ResponseHeadersRead));
        }
        await using PageDriver page = await browser.Open(service.Page);
        await page.WaitFor("#connection", "100 pages are open");
        await page.Evaluate<int>("""
            window.EventSource = class extends EventSource {
                constructor(address) {
                    super(address);
                    window.tried = this;
                    window.tries++;
                }
            };
            window.tries = 0
            """);
        await page.WaitUntil("window.tries > 0 && window.tried.readyState === EventSource.CLOSED");
        await page.Evaluate<bool>(Hide);
        int before = await page.Evaluate<int>("window.tries");
        // Longer than the page itself waits.
        int after = await page.Evaluate<int>("new Promise(resolve => setTimeout(() => resolve(window.tries), 2500))");
        Assert.Equal(before, after);
        others.ForEach(static o => o.Dispose());
        await page.Evaluate<bool>(Show);
        await page.WaitFor("#connection", "Live");
    }

    [ChromiumFact]
    public async Task A_wait_in_vain_says_for_what()
    {
        await using PageDriver page = await browser.Open("about:blank", TimeSpan.FromMilliseconds(200));
        TimeoutException error = await Assert.ThrowsAsync<TimeoutException>(() => page.WaitFor("#nowhere", "some words"));
        Assert.Equal("Within 0.2 s the page had not: 'some words' in #nowhere. The browser complained of nothing.", error.Message);
        error = await Assert.ThrowsAsync<TimeoutException>(() => page.Click("#nowhere"));
        Assert.Contains("an element #nowhere", error.Message, StringComparison.Ordinal);
    }

    [ChromiumFact]
    public async Task An_address_of_no_sensor_and_a_key_that_has_changed_are_told()
    {
        ServiceProcess service = await Start("--sensors", "20", "--rate", "100");
        await using PageDriver page = await browser.Open(service.Page);
        await page.WaitFor("#connection", "Live");
        await page.Evaluate<string>("location.hash = 'sensor-00099'");
        await page.WaitFor("#picked-title", "sensor-00000");
        await page.GoTo("about:blank");
        await page.GoTo($"{service.Address}#sensor-00099");
        Assert.Equal(
            "There is no such sensor; ids go from sensor-00000 to sensor-00019.", await page.WaitFor("#mistake", "no such sensor"));
        await page.WaitFor("#picked-title", "sensor-00000");
        await page.WaitFor("#connection", "Live");
        await page.Picture("no-such-sensor", 390);

        // Another key, as of another folder.
        await service.KillAsync();
        service.Dispose();
        File.Delete(Path.Combine(At("data"), "key.txt"));
        using (await Start("--sensors", "20", "--rate", "100", "--port", $"{service.Address.Port}"))
        {
            await page.WaitFor("h1", "This page needs the key");
        }
    }

    [ChromiumFact]
    public async Task Without_the_key_the_page_says_where_it_is()
    {
        using ServiceProcess service = await Start("--sensors", "10");
        await using PageDriver page = await browser.Open($"{service.Address}");
        Assert.Equal("This page needs the key", await page.Text("h1"));
        await page.Picture("locked", 390);
    }

    private Task<ServiceProcess> Start(params string[] arguments) => Start("", arguments);

    private Task<ServiceProcess> Start(string command, string[] arguments)
    {
        if (!Directory.Exists(At("data")))
        {
            TrainedModel.WriteTo(At("data"));
        }
        return ServiceProcess.StartAsync([.. command.Length > 0 ? [command] : Array.Empty<string>(), "--data", At("data"), .. arguments]);
    }

    private static async Task Pick(PageDriver page, string text)
    {
        await page.Evaluate<bool>("(document.querySelector('#picked-id').value = '', true)");
        await page.Type("#picked-id", text);
        await page.Click("#pick button.main");
    }

    private static Task<double[]> Column(PageDriver page, int column) => page.Evaluate<double[]>(
        $"[...document.querySelectorAll('#faults tbody tr')].map(r => Number(r.cells[{column}].textContent.replaceAll(',', '')))");
}
