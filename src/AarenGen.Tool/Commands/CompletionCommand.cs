using System.CommandLine;

namespace AarenGen.Tool.Commands;

/// <summary><c>aarengen completion</c>: scripts that ask the tool itself, by its <c>[suggest]</c> directive.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        _aarengen() { mapfile -t COMPREPLY < <(aarengen "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null); }
        complete -o default -F _aarengen aarengen
        """;

    private const string Zsh = """
        _aarengen() { compadd -- "${(@f)$(aarengen "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}" || _files; }
        compdef _aarengen aarengen
        """;

    private const string PowerShell = """
        Register-ArgumentCompleter -Native -CommandName aarengen -ScriptBlock {
            param($word, $ast, $position)
            aarengen "[suggest:$position]" "$ast" | Where-Object { $_ -like "$word*" } | ForEach-Object { $_ }
        }
        """;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        Argument<string> shell = new("shell") { Description = "bash, zsh or pwsh" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "pwsh");
        var command = new Command("completion", "Prints a script that completes command lines: eval \"$(aarengen completion bash)\".")
        {
            shell,
        };
        command.Runs((parsed, _) =>
        {
            Console.WriteLine(parsed.GetValue(shell) switch { "bash" => Bash, "zsh" => Zsh, _ => PowerShell });
            return Task.FromResult(ExitCodes.Done);
        });
        return command;
    }
}
