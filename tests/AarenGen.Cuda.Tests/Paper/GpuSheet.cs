namespace AarenGen.Cuda.Tests.Paper;

/// <summary>Maximum rates of a device, and resources of its multiprocessors.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Architecture">Its column in the table of kernels, of products in bfloat16, or the nearest there is.</param>
/// <param name="MemoryBytes">Bytes a second of its memory, from the data sheet.</param>
/// <param name="CacheBytes">Bytes a second of its second-level cache, as others measured.</param>
/// <param name="Float32">Operations a second outside tensor cores, from the data sheet.</param>
/// <param name="TensorCores">Operations a second in bfloat16, dense, that mma.sync reaches.</param>
/// <param name="Clock">Cycles a second, boosted, from the data sheet.</param>
/// <param name="Multiprocessors">How many there are.</param>
/// <param name="Threads">Threads that one holds.</param>
/// <param name="Blocks">Thread blocks that one holds.</param>
/// <param name="SharedBytes">Shared memory that one has.</param>
internal sealed record GpuSheet(
    string Name, string Architecture, double MemoryBytes, double CacheBytes, double Float32, double TensorCores, double Clock,
    int Multiprocessors, int Threads, int Blocks, int SharedBytes)
{
    private const int Registers = 65_536, RegisterUnit = 256, SharedOfBlock = 1024, Warp = 32;

    /// <summary>
    /// NVIDIA's data sheets and occupancy tables. Second-level caches: Chips and Cheese, 2022 and 2023. On Hopper mma.sync reaches 0.62 of
    /// the dense peak, which only wgmma exhausts: Luo et al., arXiv 2402.13499.
    /// </summary>
    public static IReadOnlyList<GpuSheet> All { get; } =
    [
        new("H100", "90 bf16", 3.35e12, 5.5e12, 67e12, 0.62 * 990e12, 1.98e9, 132, 2048, 32, 228 << 10),
        new("RTX 4090", "80 bf16", 1.008e12, 5e12, 82.6e12, 165e12, 2.52e9, 128, 1536, 24, 100 << 10),
    ];

    /// <summary>
    /// Bytes per second that the given number of thread blocks can draw: a multiprocessor takes at most 64 bytes per cycle.
    /// </summary>
    public double Drawn(double bytes, int blocks) => Math.Min(bytes, Math.Min(blocks, Multiprocessors) * 64 * Clock);

    /// <summary>Thread blocks of a kernel that a multiprocessor holds at once.</summary>
    public int Resident(int threads, int registers, int shared)
    {
        // A warp's registers come in whole units.
        int registersOfBlock = (registers * Warp + RegisterUnit - 1) / RegisterUnit * RegisterUnit * ((threads + Warp - 1) / Warp);
        return Math.Min(
            Math.Min(Blocks, Threads / threads), Math.Min(Registers / registersOfBlock, SharedBytes / (shared + SharedOfBlock)));
    }
}
