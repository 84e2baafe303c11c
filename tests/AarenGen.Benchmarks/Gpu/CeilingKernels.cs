namespace AarenGen.Benchmarks;

/// <summary>CUDA C that does one thing as fast as a device can.</summary>
internal static class CeilingKernels
{
    /// <summary>Threads of a block, of all kernels.</summary>
    public const int Threads = 256;

    /// <summary>
    /// Operations of a thread, or of a warp on tensor cores, a turn: independent sums, each several times, two operations a multiply-add.
    /// </summary>
    public const double MultiplyAdds = 2 * 16 * 8, TensorFloat32 = 2.0 * 16 * 8 * 8 * 8, BFloat16 = 2.0 * 16 * 8 * 16 * 8;

    public const string Source = """
        struct Memory
        {
            float4* from;
            float4* to;
            long long count;    // of 16 bytes each
        };

        extern "C" __global__ void __launch_bounds__(256) copy(const Memory memory, const int)
        {
            for (long long i = blockIdx.x * 256ll + threadIdx.x; i < memory.count; i += gridDim.x * 256ll)
            {
                memory.to[i] = memory.from[i];
            }
        }

        // Multiply-adds of 16 independent sums. The comparison keeps them: nobody knows that it fails.
        extern "C" __global__ void __launch_bounds__(256) multiply_adds(const Memory memory, const int turns)
        {
            float sums[16], factor = 0.999f + 1e-6f * threadIdx.x, addend = 1e-3f * blockIdx.x;
            for (int i = 0; i < 16; i++)
            {
                sums[i] = i;
            }
            for (int turn = 0; turn < turns; turn++)
            {
        #pragma unroll
                for (int again = 0; again < 8; again++)
                {
        #pragma unroll
                    for (int i = 0; i < 16; i++)
                    {
                        sums[i] = fmaf(sums[i], factor, addend);
                    }
                }
            }
            float all = 0;
            for (int i = 0; i < 16; i++)
            {
                all += sums[i];
            }
            if (all == 0.125f)
            {
                reinterpret_cast<float*>(memory.to)[threadIdx.x] = all;
            }
        }

        #if __CUDA_ARCH__ >= 800
        #ifndef AARENGEN_EMULATOR
        __device__ __forceinline__ void mma_tf32_16x8x8(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2])
        {
            asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 "
                "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
        }

        __device__ __forceinline__ void mma_bf16_16x8x16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2])
        {
            asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
                "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
        }
        #endif

        // Products on tensor cores with 8 independent sums a warp; their factors never leave the registers.
        template <bool narrow>
        __device__ __forceinline__ void products(const Memory& memory, int turns)
        {
            float sums[8][4];
            unsigned a[4] = {threadIdx.x, threadIdx.x + 1, threadIdx.x + 2, threadIdx.x + 3}, b[2] = {blockIdx.x, blockIdx.x + 1};
            for (int i = 0; i < 8; i++)
            {
                for (int j = 0; j < 4; j++)
                {
                    sums[i][j] = 0;
                }
            }
            for (int turn = 0; turn < turns; turn++)
            {
        #pragma unroll
                for (int i = 0; i < 8; i++)
                {
                    if constexpr (narrow)
                    {
                        mma_bf16_16x8x16(sums[i], a, b);
                    }
                    else
                    {
                        mma_tf32_16x8x8(sums[i], a, b);
                    }
                }
            }
            float all = 0;
            for (int i = 0; i < 8; i++)
            {
                for (int j = 0; j < 4; j++)
                {
                    all += sums[i][j];
                }
            }
            if (all == 0.125f)
            {
                reinterpret_cast<float*>(memory.to)[threadIdx.x] = all;
            }
        }

        extern "C" __global__ void __launch_bounds__(256) products_tf32(const Memory memory, const int turns)
        {
            products<false>(memory, turns);
        }

        extern "C" __global__ void __launch_bounds__(256) products_bf16(const Memory memory, const int turns)
        {
            products<true>(memory, turns);
        }
        #endif
        """;
}
