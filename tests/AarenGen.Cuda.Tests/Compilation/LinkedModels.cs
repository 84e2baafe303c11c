using AarenGen.Benchmarks;
using AarenGen.Tests.Models;

namespace AarenGen.Cuda.Tests;

/// <summary>
/// Models of the benchmarks and examples, whose sources this assembly compiles too, so that the table of kernels lists them. Of
/// examples/Control there are those of one environment: its others differ by two widths.
/// </summary>
internal static class LinkedModels
{
    public static IReadOnlyList<ModelCase> All { get; } =
    [
        new ModelCase<SmallModel> { Kernels = KernelListing.Everywhere },
        new ModelCase<MediumModel> { Kernels = KernelListing.Everywhere },
        new ModelCase<LargeModel> { Kernels = KernelListing.Everywhere },
        new ModelCase<Forecasting.Forecaster> { Kernels = KernelListing.InFloat32 },
        new ModelCase<Control.HopperAaren> { Kernels = KernelListing.InFloat32 },
        new ModelCase<Control.HopperForgetting> { Kernels = KernelListing.InFloat32 },
        new ModelCase<Control.HopperForgettingByChannel> { Kernels = KernelListing.InFloat32 },
        new ModelCase<Control.HopperTransformer> { Kernels = KernelListing.InFloat32 },
        new ModelCase<Control.HopperMinGru> { Kernels = KernelListing.InFloat32 },
        new ModelCase<Control.HopperMinLstm> { Kernels = KernelListing.InFloat32 },
        new ModelCase<Control.HopperCloning> { Kernels = KernelListing.InFloat32 },
    ];
}
