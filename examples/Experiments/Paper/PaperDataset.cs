using System.Text;

namespace Experiments;

/// <summary>The four settings of the paper.</summary>
internal enum PaperSetting
{
    /// <summary>Offline reinforcement learning on D4RL.</summary>
    Control,

    /// <summary>The time and kind of the next event.</summary>
    Events,

    /// <summary>Classes of sequences, from the UEA archive.</summary>
    Classification,

    /// <summary>Forecasts of series.</summary>
    Forecasting,
}

/// <summary>A score that others published for a data set.</summary>
/// <param name="Model">The model and the source.</param>
/// <param name="Metric">The score, named as ours.</param>
internal sealed record PublishedFigure(string Model, Metric Metric);

/// <summary>A data set of the paper.</summary>
/// <param name="Setting">Its setting.</param>
/// <param name="Name">Its name in the paper.</param>
/// <param name="Names">What its files or folders are called: letters and digits in lower case.</param>
/// <param name="Files">The files that are looked for, for the user.</param>
/// <param name="Place">Where it is published.</param>
internal sealed record PaperDataset(PaperSetting Setting, string Name, IReadOnlyList<string> Names, string Files, string Place)
{
    /// <summary>The environment of a data set of D4RL; empty for others.</summary>
    public string Environment { get; init; } = "";

    /// <summary>Sequences of the training and the validation part, where the publisher's archive is not divided by shares.</summary>
    public (int Train, int Validation)? Parts { get; init; }

    /// <summary>Figures to compare with.</summary>
    public IReadOnlyList<PublishedFigure> Published { get; init; } = [];

    /// <summary>The letters and digits of a name, in lower case.</summary>
    public static string Normalize(string name)
    {
        var text = new StringBuilder();
        foreach (char c in name)
        {
            if (char.IsAsciiLetterOrDigit(c))
            {
                text.Append(char.ToLowerInvariant(c));
            }
        }
        return text.ToString();
    }

    /// <summary>Whether a file's or folder's name is one of this data set's.</summary>
    public bool IsNamed(string name) => Names.Contains(Normalize(name));
}
