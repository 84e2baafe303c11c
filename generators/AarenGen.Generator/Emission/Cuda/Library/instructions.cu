// Instructions that the compiler has no name for, and what matrix multiplications read. PRODUCTS chooses the arithmetic: 0 is float32; 1
// and 2 are TF32 and bfloat16 on tensor cores, both with float32 accumulators.

#if PRODUCTS > 0 && __CUDA_ARCH__ >= 800
#define TENSOR_CORES PRODUCTS
#else
#define TENSOR_CORES 0
#endif

#ifndef AARENGEN_EMULATOR
// Copies 16 bytes from global to shared memory, asynchronously where the device can.
__device__ __forceinline__ void copy_async_16(
    void* shared,       // 16 bytes
    const void* global) // 16 bytes
{
#if __CUDA_ARCH__ >= 800
    unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(shared));
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" :: "r"(address), "l"(global));
#else
    *static_cast<float4*>(shared) = *static_cast<const float4*>(global);
#endif
}

__device__ __forceinline__ void copy_async_commit()
{
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.commit_group;");
#endif
}

template <int pending>
__device__ __forceinline__ void copy_async_wait()
{
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.wait_group %0;" :: "n"(pending));
#endif
}

#if TENSOR_CORES
__device__ __forceinline__ unsigned round_tf32(float x)
{
    unsigned rounded;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(rounded) : "f"(x));
    return rounded;
}

__device__ __forceinline__ unsigned pack_bf16(float low, float high)
{
    unsigned packed;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
    return packed;
}

// Four matrices of 8 by 8 numbers of 16 bits from shared memory: lane 8 m + r gives row r of matrix m, and receives two neighbours of row
// lane / 4 of each.
__device__ __forceinline__ void load_matrices(
    unsigned (&to)[4],
    const void* row)    // 16 bytes, in shared memory
{
    unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(row));
    asm volatile(
        "ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
        : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3]) : "r"(address) : "memory");
}

// The same of the transposed matrices.
__device__ __forceinline__ void load_matrices_transposed(
    unsigned (&to)[4],
    const void* row)    // 16 bytes, in shared memory
{
    unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(row));
    asm volatile(
        "ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
        : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3]) : "r"(address) : "memory");
}

__device__ __forceinline__ void mma_tf32_16x8x8(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2])
{
    asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

__device__ __forceinline__ void mma_bf16_16x8x16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2])
{
    asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
#endif
#endif

// An element of what is only multiplied, as memory keeps it: rounded as the multiplication would round it.
#if TENSOR_CORES == 2
struct alignas(2) operand_t
{
    unsigned short bits;
};

__device__ __forceinline__ float value_of(operand_t element)
{
    return __uint_as_float(static_cast<unsigned>(element.bits) << 16);
}

__device__ __forceinline__ void store4(
    operand_t* at, // [4]
    float4 value)
{
    *reinterpret_cast<uint2*>(at) = make_uint2(pack_bf16(value.x, value.y), pack_bf16(value.z, value.w));
}
#else
typedef float operand_t;
#endif

__device__ __forceinline__ float value_of(float element)
{
    return element;
}

// Rows of operands where there is memory for rows of floats.
__device__ __forceinline__ operand_t* as_operands(float* rows)
{
    return reinterpret_cast<operand_t*>(rows);
}

__device__ __forceinline__ const operand_t* as_operands(const float* rows)
{
    return reinterpret_cast<const operand_t*>(rows);
}
