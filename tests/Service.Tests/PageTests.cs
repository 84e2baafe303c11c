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
    internal async Task<PageDriver> Open(string address)
    {
        IBrowserContext context = await browser!.CreateBrowserContextAsync();
        var page = new PageDriver(await context.NewPageAsync());
        await page.GoTo(address);
        return page;
    }
}

/// <summary>The page in a browser, as a user sees it.</summary>
public sealed class PageTests(HeadlessBrowser browser) : TemporaryFolder, IClassFixture<HeadlessBrowser>
{
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

        // A tap on an alarm shows its sensor, with the reading that was held for wrong.
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
        Assert.Contains("held for wrong", await page.Evaluate<string>("document.querySelector('#chart svg').ariaLabel"));

        string picture = await page.Picture("live", 1200);
        await page.Picture("live-dark", 1200, isDark: true);
        await page.Picture("live-phone", 400);
        await page.Picture("live-phone-dark", 400, isDark: true);
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
        await page.Picture("lost", 400);
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

    [ChromiumFact]
    public async Task Without_the_key_the_page_says_where_it_is()
    {
        using ServiceProcess service = await Start("--sensors", "10");
        await using PageDriver page = await browser.Open($"{service.Address}");
        Assert.Equal("This page needs the key", await page.Text("h1"));
        await page.Picture("locked", 400);
    }

    private Task<ServiceProcess> Start(params string[] arguments)
    {
        if (!Directory.Exists(At("data")))
        {
            TrainedModel.WriteTo(At("data"));
        }
        return ServiceProcess.StartAsync(["--data", At("data"), .. arguments]);
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
