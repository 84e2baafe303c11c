using System.Globalization;
using AarenGen.Tests.Models;

namespace AarenGen.Cuda.Tests;

/// <summary>One of the ways in which a model's kernels are compiled.</summary>
internal sealed record KernelVariant(int Architecture, MatrixPrecision Products, bool CarriesStates = false)
{
    private const int Oldest = 75, Newest = 90;

    /// <summary>Every supported architecture; on tensor cores those whose code differs most.</summary>
    public static IReadOnlyList<KernelVariant> All { get; } =
    [
        new(Oldest, MatrixPrecision.Float32), new(80, MatrixPrecision.Float32), new(86, MatrixPrecision.Float32),
        new(89, MatrixPrecision.Float32), new(Newest, MatrixPrecision.Float32),
        new(80, MatrixPrecision.TensorFloat32), new(Newest, MatrixPrecision.TensorFloat32), new(80, MatrixPrecision.BFloat16),
        new(Newest, MatrixPrecision.BFloat16),
    ];

    /// <summary>The variants in which a model is listed.</summary>
    /// <remarks>What lies between the oldest and the newest architecture has the newest's PTX.</remarks>
    public static IReadOnlyList<KernelVariant> Of(KernelListing listing) => listing switch
    {
        KernelListing.InFloat32 => [new(Oldest, MatrixPrecision.Float32), new(Newest, MatrixPrecision.Float32)],
        KernelListing.InEveryPrecision =>
        [
            new(Oldest, MatrixPrecision.Float32), new(Newest, MatrixPrecision.Float32), new(Newest, MatrixPrecision.TensorFloat32),
            new(Newest, MatrixPrecision.BFloat16),
        ],
        KernelListing.Carrying =>
            [new(Oldest, MatrixPrecision.Float32, CarriesStates: true), new(Newest, MatrixPrecision.Float32, CarriesStates: true)],
        _ => All,
    };

    /// <summary>
    /// Whose PTX is assembled. The device code tells architectures apart at 80 alone, so that the PTX of newer ones is that of 80 but for
    /// the line that names them; a test says so.
    /// </summary>
    public KernelVariant Translated => this with { Architecture = Math.Min(Architecture, 80) };

    /// <summary>As columns show it.</summary>
    public string Title => Architecture.ToString(CultureInfo.InvariantCulture) + Products switch
    {
        MatrixPrecision.TensorFloat32 => " TF32",
        MatrixPrecision.BFloat16 => " bf16",
        _ => "",
    } + (CarriesStates ? " carrying" : "");

    public IReadOnlyList<string> Options =>
        [$"--define-macro=PRODUCTS={(int)Products}", .. CarriesStates ? ["--define-macro=CARRIES=1"] : Array.Empty<string>()];

    /// <summary>The stem of a model's files of this variant.</summary>
    public string FileOf(string model) => $"{model}.{Architecture}.{(int)Products}{(CarriesStates ? ".carrying" : "")}";
}
