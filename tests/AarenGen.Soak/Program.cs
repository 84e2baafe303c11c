using System.CommandLine;
using System.Globalization;
using AarenGen.Soak;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

Option<bool> isShort = new("--short") { Description = "A few seconds: only to see that everything works", Recursive = true };
Option<string[]> mixers = new("--mixers")
{
    Description = "Of aaren, transformer, mingru, minlstm", AllowMultipleArgumentsPerToken = true,
    DefaultValueFactory = static _ => ["aaren", "transformer", "mingru", "minlstm"],
};
var root = new RootCommand("What must hold for hours: long streams, many streams, processes that die, disks that are full.") { isShort };
var tokens = new Command("tokens", "100,000,000 tokens through one state of each mixer, every output against float64") { mixers };
tokens.SetAction(parsed => Run(() => TokensSoak.Run(parsed.GetValue(isShort) ? 100_000 : 100_000_000, parsed.GetValue(mixers)!)));
root.Add(tokens);
return root.Parse(args).Invoke();

static int Run(Action soak)
{
    try
    {
        soak();
        return 0;
    }
    catch (SoakException e)
    {
        Console.Error.WriteLine(e.Message);
        return 1;
    }
}
