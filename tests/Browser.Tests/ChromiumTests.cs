namespace Browser.Tests;

/// <summary>When tests are skipped: a value decides, not an exception.</summary>
public sealed class ChromiumTests : TemporaryFolder
{
    [Fact]
    public void A_browser_is_one_that_says_its_version()
    {
        string folder = Path.GetDirectoryName(Write("chromium", "no program"))!;
        Assert.Null(Chromium.Find(""));
        Assert.Null(Chromium.Find(folder));
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        string broken = Write("chromium", "#!/bin/sh\nexit 1\n"), right = Write("chromium-browser", "#!/bin/sh\nexit 0\n");
        File.SetUnixFileMode(broken, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Assert.Null(Chromium.Find(folder));
        File.SetUnixFileMode(right, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Assert.Equal(right, Chromium.Find($"{folder}-none{Path.PathSeparator}{folder}"));
    }
}
