using System.Globalization;
using PuppeteerSharp;

namespace AarenGen.Tests;

/// <summary>A page in the browser: what a user does and sees, and what the browser complains of.</summary>
internal sealed class PageDriver : IAsyncDisposable
{
    /// <summary>
    /// Of a machine that is busy with other tests; a training takes 15 s on an idle one. The browser's protocol itself waits three minutes,
    /// and then says nothing of the page.
    /// </summary>
    private static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(150);

    private readonly IPage page;
    private readonly TimeSpan patience;
    private readonly List<string> complaints = [];

    public PageDriver(IPage page, TimeSpan? patience = null)
    {
        (this.page, this.patience) = (page, patience ?? DefaultPatience);
        page.Console += (_, e) => Add(e.Message.Type is ConsoleType.Error or ConsoleType.Warning, e.Message.Text);
        page.PageError += (_, e) => Add(true, e.Message);
        // A page may end a request itself.
        page.RequestFailed += (_, e) => Add(
            e.Request.FailureText != "net::ERR_ABORTED", $"{e.Request.Url}: {e.Request.FailureText}");
        page.Response += (_, e) => Add((int)e.Response.Status >= 400, $"{e.Response.Url}: {e.Response.Status}");
    }

    /// <summary>Errors and warnings of the console, exceptions, files that were not there.</summary>
    public IReadOnlyList<string> Complaints
    {
        get
        {
            lock (complaints)
            {
                return [.. complaints];
            }
        }
    }

    public ValueTask DisposeAsync() => page.DisposeAsync();

    /// <summary>Forgets what the browser has complained of so far, which the test expected.</summary>
    public void ForgetComplaints()
    {
        lock (complaints)
        {
            complaints.Clear();
        }
    }

    public Task GoTo(string address) => page.GoToAsync(address);

    public Task Type(string selector, string text) => page.TypeAsync(selector, text);

    public Task Element(string selector) =>
        WaitFor($"an element {selector}", limit => page.WaitForFunctionAsync("s => document.querySelector(s) !== null", limit, selector));

    public async Task Click(string selector)
    {
        // A link is never enabled.
        await Element(selector + ":not(:disabled)");
        await page.ClickAsync(selector);
    }

    public async Task<string> Text(string selector)
    {
        await Element(selector);
        return (await page.EvaluateFunctionAsync<string>("s => document.querySelector(s).textContent", selector)).Trim();
    }

    public async Task<double> Number(string selector) =>
        double.Parse((await Text(selector)).TrimEnd('%', ' '), NumberStyles.Number, CultureInfo.InvariantCulture);

    /// <summary>Waits for a text; returns the whole one.</summary>
    public async Task<string> WaitFor(string selector, string text)
    {
        await WaitFor($"'{text}' in {selector}", limit => page.WaitForFunctionAsync(
            "(s, t) => document.querySelector(s)?.textContent.includes(t)", limit, selector, text));
        return await Text(selector);
    }

    /// <summary>Waits until an expression of the page is true.</summary>
    public Task WaitUntil(string script) => WaitFor(script, limit => page.WaitForExpressionAsync(script, limit));

    public Task<T> Evaluate<T>(string script) => page.EvaluateExpressionAsync<T>(script);

    public async Task Upload(string path) => await (await page.QuerySelectorAsync("#file")).UploadFileAsync(path);

    /// <summary>Lays the page out for a screen, and saves its picture beside the tests.</summary>
    /// <returns>The file.</returns>
    public async Task<string> Picture(string name, int width, bool isDark = false)
    {
        await page.SetViewportAsync(new() { Width = width, Height = 900 });
        await page.EmulateMediaFeaturesAsync(
            [new() { MediaFeature = MediaFeature.PrefersColorScheme, Value = isDark ? "dark" : "light" }]);
        Assert.Equal(width, await Evaluate<int>("document.documentElement.scrollWidth"));
        string path = Path.Combine(Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "pictures")).FullName, name + ".png");
        await page.ScreenshotAsync(path, new() { FullPage = true });
        return path;
    }

    private async Task WaitFor(string what, Func<WaitForFunctionOptions, Task> wait)
    {
        try
        {
            await wait(new() { Timeout = (int)patience.TotalMilliseconds });
        }
        catch (WaitTaskTimeoutException e)
        {
            string said = Complaints.Count == 0 ? "nothing" : string.Join("; ", Complaints.Distinct());
            throw new TimeoutException($"Within {patience.TotalSeconds} s the page had not: {what}. The browser complained of {said}.", e);
        }
    }

    private void Add(bool isComplaint, string text)
    {
        if (isComplaint)
        {
            lock (complaints)
            {
                complaints.Add(text);
            }
        }
    }
}
