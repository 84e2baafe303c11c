using System.Diagnostics.CodeAnalysis;

namespace AarenGen.Data;

/// <summary>What a program may switch off, so that its trimmed or native form is without it.</summary>
internal static class TableFeatures
{
    /// <summary>The switch: Parquet.Net has code that trimming and NativeAOT warn about.</summary>
    public const string ParquetSwitch = "AarenGen.Data.Parquet";

    /// <summary>Whether Parquet files are read.</summary>
    [FeatureSwitchDefinition(ParquetSwitch)]
    public static bool Parquet => !AppContext.TryGetSwitch(ParquetSwitch, out bool isOn) || isOn;
}
