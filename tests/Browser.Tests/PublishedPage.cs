using System.Diagnostics;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Logging;
using PuppeteerSharp;

namespace Browser.Tests;

/// <summary>The page as it is published, served to a browser without a window.</summary>
public sealed class PublishedPage : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("aarengen-browser").FullName;
    private WebApplication? server;
    private IBrowser? browser;

    /// <summary>Where the files lie that a browser fetches.</summary>
    internal string Root => Path.Combine(folder, "wwwroot");

    public async Task InitializeAsync()
    {
        Publish();
        if (Chromium.Path is null)
        {
            return;
        }
        server = await Serve();
        browser = await Puppeteer.LaunchAsync(new()
        {
            ExecutablePath = Chromium.Path,
            Headless = true,
            // It shows nothing but this page, and containers have neither the rights of a sandbox nor much shared memory.
            Args = ["--no-sandbox", "--disable-dev-shm-usage"],
        });
    }

    public async Task DisposeAsync()
    {
        if (browser is not null)
        {
            await browser.CloseAsync();
        }
        if (server is not null)
        {
            await server.DisposeAsync();
        }
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>A page that has loaded.</summary>
    internal async Task<PageDriver> Open()
    {
        IPage page = await browser!.NewPageAsync();
        var driver = new PageDriver(page);
        await page.GoToAsync(server!.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        await driver.Element("#train");
        return driver;
    }

    private void Publish()
    {
        string configuration = typeof(PublishedPage).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        using Process process = Process.Start(new ProcessStartInfo(
            "dotnet",
            [
                "publish", Path.Combine(Repository.Root, "examples", "Browser"), "--no-build", "-c", configuration, "-o", folder,
                "-p:MinVerSkip=true", "-p:CompressionEnabled=false", "--disable-build-servers",
            ])
        {
            RedirectStandardOutput = true,
        })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, output);
    }

    private async Task<WebApplication> Serve()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        WebApplication application = builder.Build();
        application.Urls.Add("http://127.0.0.1:0");
        var files = new PhysicalFileProvider(Root);
        var types = new FileExtensionContentTypeProvider();
        types.Mappings[".dat"] = "application/octet-stream";
        application.UseDefaultFiles(new DefaultFilesOptions { FileProvider = files });
        application.UseStaticFiles(new StaticFileOptions { FileProvider = files, ContentTypeProvider = types });
        await application.StartAsync();
        return application;
    }
}
