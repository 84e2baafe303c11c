// The built-ins of CUDA C++ for a kernel compiled by g++. Included before the user's text; includes nothing, as NVRTC has no headers.
//
// Two rules keep the checks exact. Nothing here touches memory of a kernel behind the instrumentation's back, and what needs the scheduler
// lives in the library (aarengen_*). Line numbers travel as default arguments, which take the caller's line.
#pragma once
#define AARENGEN_EMULATOR 1

// The compiler's front end rewrites these four; see src/rewriter.cpp.
#define __shared__ __aarengen_shared__
#define __constant__ __aarengen_constant__
#define __global__ __aarengen_global__
#define __launch_bounds__(...) __aarengen_bounds__(__VA_ARGS__)

#define __device__
#define __host__
#define __managed__
#define __grid_constant__
#define __noinline__ __attribute__((noinline))
#define __forceinline__ inline __attribute__((always_inline))
#define __align__(n) __attribute__((aligned(n)))
#define __builtin_assume(condition) ((void)0)
#define __builtin_align__(n) __attribute__((aligned(n)))

#define AARENGEN_INLINE static inline __attribute__((always_inline, unused))
#define AARENGEN_LINE int line = __builtin_LINE()

typedef __SIZE_TYPE__ size_t;
constexpr int warpSize = 32;

// ---- vectors ------------------------------------------------------------------------------------------------------------------

#define AARENGEN_VECTORS(type, name, align2, align4)                                                                    \
    struct name##1 { type x; };                                                                                         \
    struct alignas(align2) name##2 { type x, y; };                                                                      \
    struct name##3 { type x, y, z; };                                                                                   \
    struct alignas(align4) name##4 { type x, y, z, w; };                                                                \
    AARENGEN_INLINE name##1 make_##name##1(type x) { return {x}; }                                                      \
    AARENGEN_INLINE name##2 make_##name##2(type x, type y) { return {x, y}; }                                           \
    AARENGEN_INLINE name##3 make_##name##3(type x, type y, type z) { return {x, y, z}; }                                \
    AARENGEN_INLINE name##4 make_##name##4(type x, type y, type z, type w) { return {x, y, z, w}; }

AARENGEN_VECTORS(signed char, char, 2, 4)
AARENGEN_VECTORS(unsigned char, uchar, 2, 4)
AARENGEN_VECTORS(short, short, 4, 8)
AARENGEN_VECTORS(unsigned short, ushort, 4, 8)
AARENGEN_VECTORS(int, int, 8, 16)
AARENGEN_VECTORS(unsigned, uint, 8, 16)
AARENGEN_VECTORS(long long, longlong, 16, 16)
AARENGEN_VECTORS(unsigned long long, ulonglong, 16, 16)
AARENGEN_VECTORS(float, float, 8, 16)
AARENGEN_VECTORS(double, double, 16, 16)
#undef AARENGEN_VECTORS

struct dim3
{
    unsigned x, y, z;
    constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};

// ---- the library --------------------------------------------------------------------------------------------------------------

// Dynamic shared memory, defined behind the user's text.
extern __thread unsigned char aarengen_dynamic[] __asm__("aarengen_dynamic_shared");

struct aarengen_four { float x, y, z, w; };

extern "C"
{
    // Constant within a thread, so that the compiler may call each once a function.
    uint3 aarengen_thread_index() __attribute__((const));
    uint3 aarengen_block_index() __attribute__((const));
    uint3 aarengen_block_size() __attribute__((const));
    uint3 aarengen_grid_size() __attribute__((const));

    int aarengen_barrier(int kind, int predicate, int line);
    void aarengen_sync_warp(unsigned mask, int line);
    unsigned aarengen_vote(unsigned mask, int predicate, int line);
    unsigned long long aarengen_shuffle(unsigned long long value, unsigned mask, int mode, int lane, int width, int line);
    unsigned aarengen_reduce(unsigned value, unsigned mask, int operation, int line);
    unsigned aarengen_match(unsigned long long value, unsigned mask, int line);
    unsigned aarengen_active_mask();
    aarengen_four aarengen_mma_bf16(float, float, float, float, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, int line);
    aarengen_four aarengen_mma_tf32(float, float, float, float, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, int line);

    void aarengen_matrix_rows(const void* row, int is_transposed, unsigned long long* rows, int line);

    unsigned aarengen_atomic32(void* address, unsigned operand, unsigned compare, int operation);
    unsigned long long aarengen_atomic64(void* address, unsigned long long operand, unsigned long long compare, int operation);
    void aarengen_fence();
    void aarengen_pause();
    void aarengen_trap(int line) __attribute__((noreturn));

    void aarengen_copy_async(void* shared, const void* global, int bytes);
    void aarengen_copy_async_commit();
    void aarengen_copy_async_wait(int pending);

    void aarengen_copy(void* to, const void* from, size_t bytes);
    void aarengen_fill(void* to, int value, size_t bytes);

    int printf(const char*, ...);
}

#define threadIdx aarengen_thread_index()
#define blockIdx aarengen_block_index()
#define blockDim aarengen_block_size()
#define gridDim aarengen_grid_size()

// ---- barriers, votes, shuffles ------------------------------------------------------------------------------------------------

AARENGEN_INLINE void __syncthreads(AARENGEN_LINE) { aarengen_barrier(0, 0, line); }
AARENGEN_INLINE int __syncthreads_count(int predicate, AARENGEN_LINE) { return aarengen_barrier(1, predicate != 0, line); }
AARENGEN_INLINE int __syncthreads_and(int predicate, AARENGEN_LINE) { return aarengen_barrier(2, predicate != 0, line); }
AARENGEN_INLINE int __syncthreads_or(int predicate, AARENGEN_LINE) { return aarengen_barrier(3, predicate != 0, line); }
AARENGEN_INLINE void __syncwarp(unsigned mask = 0xffffffffu, AARENGEN_LINE) { aarengen_sync_warp(mask, line); }

AARENGEN_INLINE unsigned __ballot_sync(unsigned mask, int predicate, AARENGEN_LINE) { return aarengen_vote(mask, predicate != 0, line); }
AARENGEN_INLINE int __any_sync(unsigned mask, int predicate, AARENGEN_LINE) { return aarengen_vote(mask, predicate != 0, line) != 0; }
AARENGEN_INLINE int __all_sync(unsigned mask, int predicate, AARENGEN_LINE) { return aarengen_vote(mask, predicate == 0, line) == 0; }
AARENGEN_INLINE unsigned __activemask() { return aarengen_active_mask(); }

template <class To, class From> AARENGEN_INLINE To aarengen_bits(From from)
{
    static_assert(sizeof(To) == sizeof(From), "a bit cast keeps the size");
    return __builtin_bit_cast(To, from);
}

// Values of four and eight bytes travel as the low bits of one word.
AARENGEN_INLINE unsigned long long aarengen_widen(float value) { return aarengen_bits<unsigned>(value); }
AARENGEN_INLINE unsigned long long aarengen_widen(int value) { return (unsigned)value; }
AARENGEN_INLINE unsigned long long aarengen_widen(unsigned value) { return value; }
AARENGEN_INLINE unsigned long long aarengen_widen(long value) { return (unsigned long long)value; }
AARENGEN_INLINE unsigned long long aarengen_widen(unsigned long value) { return value; }
AARENGEN_INLINE unsigned long long aarengen_widen(long long value) { return (unsigned long long)value; }
AARENGEN_INLINE unsigned long long aarengen_widen(unsigned long long value) { return value; }
AARENGEN_INLINE unsigned long long aarengen_widen(double value) { return aarengen_bits<unsigned long long>(value); }
template <class T> struct aarengen_narrow { static T from(unsigned long long value) { return (T)value; } };
template <> struct aarengen_narrow<float> { static float from(unsigned long long value) { return aarengen_bits<float>((unsigned)value); } };
template <> struct aarengen_narrow<double> { static double from(unsigned long long value) { return aarengen_bits<double>(value); } };

#define AARENGEN_SHUFFLE(name, mode, operand)                                                                           \
    template <class T> AARENGEN_INLINE T name(unsigned mask, T value, operand lane, int width = 32, AARENGEN_LINE)       \
    {                                                                                                                   \
        return aarengen_narrow<T>::from(aarengen_shuffle(aarengen_widen(value), mask, mode, (int)lane, width, line));   \
    }
AARENGEN_SHUFFLE(__shfl_sync, 0, int)
AARENGEN_SHUFFLE(__shfl_up_sync, 1, unsigned)
AARENGEN_SHUFFLE(__shfl_down_sync, 2, unsigned)
AARENGEN_SHUFFLE(__shfl_xor_sync, 3, int)
#undef AARENGEN_SHUFFLE

#define AARENGEN_REDUCE(name, type, operation)                                                                          \
    AARENGEN_INLINE type name(unsigned mask, type value, AARENGEN_LINE)                                                 \
    {                                                                                                                   \
        return (type)aarengen_reduce((unsigned)value, mask, operation, line);                                           \
    }
AARENGEN_REDUCE(__reduce_add_sync, unsigned, 0)
AARENGEN_REDUCE(__reduce_add_sync, int, 0)
AARENGEN_REDUCE(__reduce_min_sync, unsigned, 1)
AARENGEN_REDUCE(__reduce_min_sync, int, 2)
AARENGEN_REDUCE(__reduce_max_sync, unsigned, 3)
AARENGEN_REDUCE(__reduce_max_sync, int, 4)
AARENGEN_REDUCE(__reduce_and_sync, unsigned, 5)
AARENGEN_REDUCE(__reduce_or_sync, unsigned, 6)
AARENGEN_REDUCE(__reduce_xor_sync, unsigned, 7)
#undef AARENGEN_REDUCE
template <class T> AARENGEN_INLINE unsigned __match_any_sync(unsigned mask, T value, AARENGEN_LINE)
{
    return aarengen_match(aarengen_widen(value), mask, line);
}

// ---- what stands for inline PTX -----------------------------------------------------------------------------------------------

// By value, so that the fragments stay registers: an array whose address escapes would be checked at every access.
AARENGEN_INLINE void mma_bf16_16x8x16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], AARENGEN_LINE)
{
    aarengen_four r = aarengen_mma_bf16(d[0], d[1], d[2], d[3], a[0], a[1], a[2], a[3], b[0], b[1], line);
    d[0] = r.x, d[1] = r.y, d[2] = r.z, d[3] = r.w;
}

AARENGEN_INLINE void mma_tf32_16x8x8(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], AARENGEN_LINE)
{
    aarengen_four r = aarengen_mma_tf32(d[0], d[1], d[2], d[3], a[0], a[1], a[2], a[3], b[0], b[1], line);
    d[0] = r.x, d[1] = r.y, d[2] = r.z, d[3] = r.w;
}

// To nearest, ties away from zero.
AARENGEN_INLINE unsigned round_tf32(float x)
{
    unsigned bits = aarengen_bits<unsigned>(x);
    return (bits & 0x7f800000u) == 0x7f800000u ? bits : (bits + 0x1000u) & 0xffffe000u;
}

// To nearest, ties to even.
AARENGEN_INLINE unsigned aarengen_bf16(float x)
{
    unsigned bits = aarengen_bits<unsigned>(x);
    return x != x ? 0x7fffu : (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
}

AARENGEN_INLINE unsigned pack_bf16(float low, float high) { return aarengen_bf16(low) | (aarengen_bf16(high) << 16); }

// Four matrices of 8 x 8 numbers of 16 bits from shared memory: lane 8 m + r gives row r of matrix m. A lane receives two neighbours of row
// lane / 4 of each, at 2 (lane % 4); transposed, of column lane / 4.
AARENGEN_INLINE void load_matrices(unsigned (&to)[4], const void* row, AARENGEN_LINE)
{
    unsigned long long rows[4];
    aarengen_matrix_rows(row, 0, rows, line);
    for (int i = 0; i < 4; i++)
        to[i] = reinterpret_cast<const unsigned*>(rows[i])[threadIdx.x % 4];
}

AARENGEN_INLINE void load_matrices_transposed(unsigned (&to)[4], const void* row, AARENGEN_LINE)
{
    unsigned long long rows[8];
    aarengen_matrix_rows(row, 1, rows, line);
    unsigned column = threadIdx.x % 32 / 4;
    for (int i = 0; i < 4; i++)
        to[i] = reinterpret_cast<const unsigned short*>(rows[2 * i])[column]
            | (unsigned)reinterpret_cast<const unsigned short*>(rows[2 * i + 1])[column] << 16;
}

AARENGEN_INLINE void copy_async_16(void* shared, const void* global) { aarengen_copy_async(shared, global, 16); }
AARENGEN_INLINE void copy_async_commit() { aarengen_copy_async_commit(); }
template <int pending> AARENGEN_INLINE void copy_async_wait() { aarengen_copy_async_wait(pending); }

// ---- atomics and memory -------------------------------------------------------------------------------------------------------

// The operations' numbers are those of src/atomics.cpp.
AARENGEN_INLINE int atomicAdd(int* p, int v) { return (int)aarengen_atomic32(p, (unsigned)v, 0, 0); }
AARENGEN_INLINE unsigned atomicAdd(unsigned* p, unsigned v) { return aarengen_atomic32(p, v, 0, 0); }
AARENGEN_INLINE unsigned long long atomicAdd(unsigned long long* p, unsigned long long v) { return aarengen_atomic64(p, v, 0, 0); }
AARENGEN_INLINE float atomicAdd(float* p, float v) { return aarengen_bits<float>(aarengen_atomic32(p, aarengen_bits<unsigned>(v), 0, 12)); }
AARENGEN_INLINE double atomicAdd(double* p, double v)
{
    return aarengen_bits<double>(aarengen_atomic64(p, aarengen_bits<unsigned long long>(v), 0, 12));
}
AARENGEN_INLINE int atomicSub(int* p, int v) { return (int)aarengen_atomic32(p, 0u - (unsigned)v, 0, 0); }
AARENGEN_INLINE unsigned atomicSub(unsigned* p, unsigned v) { return aarengen_atomic32(p, 0u - v, 0, 0); }
AARENGEN_INLINE int atomicExch(int* p, int v) { return (int)aarengen_atomic32(p, (unsigned)v, 0, 1); }
AARENGEN_INLINE unsigned atomicExch(unsigned* p, unsigned v) { return aarengen_atomic32(p, v, 0, 1); }
AARENGEN_INLINE unsigned long long atomicExch(unsigned long long* p, unsigned long long v) { return aarengen_atomic64(p, v, 0, 1); }
AARENGEN_INLINE float atomicExch(float* p, float v) { return aarengen_bits<float>(aarengen_atomic32(p, aarengen_bits<unsigned>(v), 0, 1)); }
AARENGEN_INLINE int atomicCAS(int* p, int compare, int v) { return (int)aarengen_atomic32(p, (unsigned)v, (unsigned)compare, 2); }
AARENGEN_INLINE unsigned atomicCAS(unsigned* p, unsigned compare, unsigned v) { return aarengen_atomic32(p, v, compare, 2); }
AARENGEN_INLINE unsigned long long atomicCAS(unsigned long long* p, unsigned long long compare, unsigned long long v)
{
    return aarengen_atomic64(p, v, compare, 2);
}
AARENGEN_INLINE int atomicMin(int* p, int v) { return (int)aarengen_atomic32(p, (unsigned)v, 0, 3); }
AARENGEN_INLINE unsigned atomicMin(unsigned* p, unsigned v) { return aarengen_atomic32(p, v, 0, 4); }
AARENGEN_INLINE int atomicMax(int* p, int v) { return (int)aarengen_atomic32(p, (unsigned)v, 0, 5); }
AARENGEN_INLINE unsigned atomicMax(unsigned* p, unsigned v) { return aarengen_atomic32(p, v, 0, 6); }
AARENGEN_INLINE unsigned long long atomicMin(unsigned long long* p, unsigned long long v) { return aarengen_atomic64(p, v, 0, 4); }
AARENGEN_INLINE unsigned long long atomicMax(unsigned long long* p, unsigned long long v) { return aarengen_atomic64(p, v, 0, 6); }
AARENGEN_INLINE int atomicAnd(int* p, int v) { return (int)aarengen_atomic32(p, (unsigned)v, 0, 7); }
AARENGEN_INLINE unsigned atomicAnd(unsigned* p, unsigned v) { return aarengen_atomic32(p, v, 0, 7); }
AARENGEN_INLINE int atomicOr(int* p, int v) { return (int)aarengen_atomic32(p, (unsigned)v, 0, 8); }
AARENGEN_INLINE unsigned atomicOr(unsigned* p, unsigned v) { return aarengen_atomic32(p, v, 0, 8); }
AARENGEN_INLINE int atomicXor(int* p, int v) { return (int)aarengen_atomic32(p, (unsigned)v, 0, 9); }
AARENGEN_INLINE unsigned atomicXor(unsigned* p, unsigned v) { return aarengen_atomic32(p, v, 0, 9); }
AARENGEN_INLINE unsigned atomicInc(unsigned* p, unsigned v) { return aarengen_atomic32(p, v, 0, 10); }
AARENGEN_INLINE unsigned atomicDec(unsigned* p, unsigned v) { return aarengen_atomic32(p, v, 0, 11); }

AARENGEN_INLINE void __threadfence() { aarengen_fence(); }
AARENGEN_INLINE void __threadfence_block() { aarengen_fence(); }
AARENGEN_INLINE void __threadfence_system() { aarengen_fence(); }
AARENGEN_INLINE void __nanosleep(unsigned) { aarengen_pause(); }
AARENGEN_INLINE void __trap(AARENGEN_LINE) { aarengen_trap(line); }
AARENGEN_INLINE long long clock64() { return (long long)__builtin_ia32_rdtsc(); }
AARENGEN_INLINE int clock() { return (int)__builtin_ia32_rdtsc(); }

template <class T> AARENGEN_INLINE T __ldg(const T* p) { return *p; }
template <class T> AARENGEN_INLINE T __ldca(const T* p) { return *p; }
template <class T> AARENGEN_INLINE T __ldcg(const T* p) { return *p; }
template <class T> AARENGEN_INLINE T __ldcs(const T* p) { return *p; }
template <class T> AARENGEN_INLINE T __ldcv(const T* p) { return *const_cast<const volatile T*>(p); }
// The value's type is the target's, whatever is passed.
template <class T> struct aarengen_same { typedef T type; };
template <class T> AARENGEN_INLINE void __stwb(T* p, typename aarengen_same<T>::type v) { *p = v; }
template <class T> AARENGEN_INLINE void __stcg(T* p, typename aarengen_same<T>::type v) { *p = v; }
template <class T> AARENGEN_INLINE void __stcs(T* p, typename aarengen_same<T>::type v) { *p = v; }
template <class T> AARENGEN_INLINE void __stwt(T* p, typename aarengen_same<T>::type v) { *p = v; }

// A call of the C library would pass unseen.
#define memcpy(to, from, bytes) aarengen_copy(to, from, bytes)
#define memmove(to, from, bytes) aarengen_copy(to, from, bytes)
#define memset(to, value, bytes) aarengen_fill(to, value, bytes)

// ---- arithmetic ---------------------------------------------------------------------------------------------------------------

AARENGEN_INLINE unsigned __float_as_uint(float x) { return aarengen_bits<unsigned>(x); }
AARENGEN_INLINE int __float_as_int(float x) { return aarengen_bits<int>(x); }
AARENGEN_INLINE float __uint_as_float(unsigned x) { return aarengen_bits<float>(x); }
AARENGEN_INLINE float __int_as_float(int x) { return aarengen_bits<float>(x); }
AARENGEN_INLINE long long __double_as_longlong(double x) { return aarengen_bits<long long>(x); }
AARENGEN_INLINE double __longlong_as_double(long long x) { return aarengen_bits<double>(x); }
AARENGEN_INLINE int __double2hiint(double x) { return (int)(aarengen_bits<unsigned long long>(x) >> 32); }
AARENGEN_INLINE int __double2loint(double x) { return (int)aarengen_bits<unsigned long long>(x); }
AARENGEN_INLINE float __double2float_rn(double x) { return (float)x; }
AARENGEN_INLINE float __int2float_rn(int x) { return (float)x; }
AARENGEN_INLINE float __uint2float_rn(unsigned x) { return (float)x; }
AARENGEN_INLINE double __int2double_rn(int x) { return (double)x; }
AARENGEN_INLINE int __float2int_rn(float x) { return (int)__builtin_rintf(x); }
AARENGEN_INLINE int __float2int_rz(float x) { return (int)x; }
AARENGEN_INLINE int __float2int_rd(float x) { return (int)__builtin_floorf(x); }
AARENGEN_INLINE int __float2int_ru(float x) { return (int)__builtin_ceilf(x); }
AARENGEN_INLINE unsigned __float2uint_rn(float x) { return (unsigned)__builtin_rintf(x); }
AARENGEN_INLINE unsigned __float2uint_rz(float x) { return (unsigned)x; }

AARENGEN_INLINE int __popc(unsigned x) { return __builtin_popcount(x); }
AARENGEN_INLINE int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
AARENGEN_INLINE int __clz(int x) { return x == 0 ? 32 : __builtin_clz((unsigned)x); }
AARENGEN_INLINE int __clzll(long long x) { return x == 0 ? 64 : __builtin_clzll((unsigned long long)x); }
AARENGEN_INLINE int __ffs(int x) { return __builtin_ffs(x); }
AARENGEN_INLINE int __ffsll(long long x) { return __builtin_ffsll(x); }
AARENGEN_INLINE unsigned __umulhi(unsigned a, unsigned b) { return (unsigned)(((unsigned long long)a * b) >> 32); }
AARENGEN_INLINE int __mulhi(int a, int b) { return (int)(((long long)a * b) >> 32); }
AARENGEN_INLINE unsigned long long __umul64hi(unsigned long long a, unsigned long long b)
{
    return (unsigned long long)(((unsigned __int128)a * b) >> 64);
}
AARENGEN_INLINE unsigned __brev(unsigned x)
{
    unsigned reversed = 0;
    for (int i = 0; i < 32; i++, x >>= 1)
        reversed = (reversed << 1) | (x & 1u);
    return reversed;
}
AARENGEN_INLINE unsigned __funnelshift_l(unsigned low, unsigned high, unsigned n)
{
    return (unsigned)(((((unsigned long long)high << 32) | low) << (n & 31)) >> 32);
}
AARENGEN_INLINE unsigned __funnelshift_r(unsigned low, unsigned high, unsigned n)
{
    return (unsigned)((((unsigned long long)high << 32) | low) >> (n & 31));
}
AARENGEN_INLINE unsigned __byte_perm(unsigned x, unsigned y, unsigned selector)
{
    unsigned long long both = ((unsigned long long)y << 32) | x;
    unsigned result = 0;
    for (int i = 0; i < 4; i++)
        result |= (unsigned)((both >> (((selector >> (4 * i)) & 7) * 8)) & 0xff) << (8 * i);
    return result;
}

// The C library's functions, and the overloads that CUDA adds. noexcept is how g++ has them built in.
#define AARENGEN_UNARY(name)                                                                                            \
    extern "C" double name(double) noexcept;                                                                            \
    extern "C" float name##f(float) noexcept;                                                                           \
    AARENGEN_INLINE float name(float x) { return name##f(x); }
#define AARENGEN_BINARY(name)                                                                                           \
    extern "C" double name(double, double) noexcept;                                                                    \
    extern "C" float name##f(float, float) noexcept;                                                                    \
    AARENGEN_INLINE float name(float x, float y) { return name##f(x, y); }
AARENGEN_UNARY(exp) AARENGEN_UNARY(exp2) AARENGEN_UNARY(expm1) AARENGEN_UNARY(log) AARENGEN_UNARY(log2) AARENGEN_UNARY(log10)
AARENGEN_UNARY(log1p) AARENGEN_UNARY(sqrt) AARENGEN_UNARY(cbrt) AARENGEN_UNARY(sin) AARENGEN_UNARY(cos) AARENGEN_UNARY(tan)
AARENGEN_UNARY(asin) AARENGEN_UNARY(acos) AARENGEN_UNARY(atan) AARENGEN_UNARY(sinh) AARENGEN_UNARY(cosh) AARENGEN_UNARY(tanh)
AARENGEN_UNARY(asinh) AARENGEN_UNARY(acosh) AARENGEN_UNARY(atanh) AARENGEN_UNARY(erf) AARENGEN_UNARY(erfc) AARENGEN_UNARY(lgamma)
AARENGEN_UNARY(tgamma) AARENGEN_UNARY(floor) AARENGEN_UNARY(ceil) AARENGEN_UNARY(round) AARENGEN_UNARY(trunc) AARENGEN_UNARY(rint)
AARENGEN_UNARY(nearbyint) AARENGEN_UNARY(fabs)
AARENGEN_BINARY(pow) AARENGEN_BINARY(fmod) AARENGEN_BINARY(atan2) AARENGEN_BINARY(fmax) AARENGEN_BINARY(fmin) AARENGEN_BINARY(copysign)
AARENGEN_BINARY(hypot) AARENGEN_BINARY(fdim) AARENGEN_BINARY(nextafter) AARENGEN_BINARY(remainder)
#undef AARENGEN_UNARY
#undef AARENGEN_BINARY
extern "C" double fma(double, double, double) noexcept;
extern "C" float fmaf(float, float, float) noexcept;
extern "C" double ldexp(double, int) noexcept;
extern "C" float ldexpf(float, int) noexcept;
extern "C" int abs(int) noexcept;
extern "C" long long llabs(long long) noexcept;
AARENGEN_INLINE float fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
AARENGEN_INLINE float ldexp(float x, int e) { return ldexpf(x, e); }
AARENGEN_INLINE float abs(float x) { return __builtin_fabsf(x); }
AARENGEN_INLINE double abs(double x) { return __builtin_fabs(x); }
AARENGEN_INLINE long long abs(long long x) { return x < 0 ? -x : x; }

AARENGEN_INLINE float rsqrtf(float x) { return 1.0f / __builtin_sqrtf(x); }
AARENGEN_INLINE double rsqrt(double x) { return 1.0 / __builtin_sqrt(x); }
AARENGEN_INLINE float rsqrt(float x) { return rsqrtf(x); }
AARENGEN_INLINE float __frsqrt_rn(float x) { return rsqrtf(x); }
AARENGEN_INLINE float __fsqrt_rn(float x) { return __builtin_sqrtf(x); }
AARENGEN_INLINE double __dsqrt_rn(double x) { return __builtin_sqrt(x); }
AARENGEN_INLINE float __frcp_rn(float x) { return 1.0f / x; }
AARENGEN_INLINE double __drcp_rn(double x) { return 1.0 / x; }
AARENGEN_INLINE float __expf(float x) { return __builtin_expf(x); }
AARENGEN_INLINE float __exp10f(float x) { return __builtin_powf(10.0f, x); }
AARENGEN_INLINE float exp10f(float x) { return __builtin_powf(10.0f, x); }
AARENGEN_INLINE float __logf(float x) { return __builtin_logf(x); }
AARENGEN_INLINE float __log2f(float x) { return __builtin_log2f(x); }
AARENGEN_INLINE float __log10f(float x) { return __builtin_log10f(x); }
AARENGEN_INLINE float __powf(float x, float y) { return __builtin_powf(x, y); }
AARENGEN_INLINE float __sinf(float x) { return __builtin_sinf(x); }
AARENGEN_INLINE float __cosf(float x) { return __builtin_cosf(x); }
AARENGEN_INLINE float __tanf(float x) { return __builtin_tanf(x); }
AARENGEN_INLINE void sincosf(float x, float* s, float* c) { *s = __builtin_sinf(x), *c = __builtin_cosf(x); }
AARENGEN_INLINE void __sincosf(float x, float* s, float* c) { sincosf(x, s, c); }
AARENGEN_INLINE void sincos(double x, double* s, double* c) { *s = __builtin_sin(x), *c = __builtin_cos(x); }
AARENGEN_INLINE float sinpif(float x) { return (float)__builtin_sin(3.14159265358979323846 * x); }
AARENGEN_INLINE float cospif(float x) { return (float)__builtin_cos(3.14159265358979323846 * x); }
AARENGEN_INLINE float normcdff(float x) { return 0.5f * __builtin_erfcf(-0.70710678118654752440f * x); }
AARENGEN_INLINE float __saturatef(float x) { return x > 0.0f ? (x < 1.0f ? x : 1.0f) : 0.0f; }
AARENGEN_INLINE float fdividef(float x, float y) { return x / y; }
AARENGEN_INLINE float __fdividef(float x, float y) { return x / y; }

// An optimiser barrier keeps a rounded product from being contracted into a fused one.
template <class T> AARENGEN_INLINE T aarengen_rounded(T x)
{
    asm("" : "+x"(x));
    return x;
}
AARENGEN_INLINE float __fadd_rn(float x, float y) { return aarengen_rounded(x + y); }
AARENGEN_INLINE float __fsub_rn(float x, float y) { return aarengen_rounded(x - y); }
AARENGEN_INLINE float __fmul_rn(float x, float y) { return aarengen_rounded(x * y); }
AARENGEN_INLINE float __fdiv_rn(float x, float y) { return aarengen_rounded(x / y); }
AARENGEN_INLINE float __fmaf_rn(float x, float y, float z) { return __builtin_fmaf(x, y, z); }
AARENGEN_INLINE double __dadd_rn(double x, double y) { return aarengen_rounded(x + y); }
AARENGEN_INLINE double __dsub_rn(double x, double y) { return aarengen_rounded(x - y); }
AARENGEN_INLINE double __dmul_rn(double x, double y) { return aarengen_rounded(x * y); }
AARENGEN_INLINE double __ddiv_rn(double x, double y) { return aarengen_rounded(x / y); }
AARENGEN_INLINE double __fma_rn(double x, double y, double z) { return __builtin_fma(x, y, z); }

#define AARENGEN_CLASSIFY(type)                                                                                         \
    AARENGEN_INLINE bool isnan(type x) { return __builtin_isnan(x); }                                                   \
    AARENGEN_INLINE bool isinf(type x) { return __builtin_isinf(x); }                                                   \
    AARENGEN_INLINE bool isfinite(type x) { return __builtin_isfinite(x); }                                             \
    AARENGEN_INLINE bool signbit(type x) { return __builtin_signbit(x); }
AARENGEN_CLASSIFY(float) AARENGEN_CLASSIFY(double)
#undef AARENGEN_CLASSIFY

#define AARENGEN_EXTREMES(type)                                                                                         \
    AARENGEN_INLINE type min(type x, type y) { return y < x ? y : x; }                                                  \
    AARENGEN_INLINE type max(type x, type y) { return x < y ? y : x; }
AARENGEN_EXTREMES(int) AARENGEN_EXTREMES(unsigned) AARENGEN_EXTREMES(long) AARENGEN_EXTREMES(unsigned long)
AARENGEN_EXTREMES(long long) AARENGEN_EXTREMES(unsigned long long)
#undef AARENGEN_EXTREMES
AARENGEN_INLINE unsigned min(int x, unsigned y) { return min((unsigned)x, y); }
AARENGEN_INLINE unsigned min(unsigned x, int y) { return min(x, (unsigned)y); }
AARENGEN_INLINE unsigned max(int x, unsigned y) { return max((unsigned)x, y); }
AARENGEN_INLINE unsigned max(unsigned x, int y) { return max(x, (unsigned)y); }
// As CUDA has them for floating point: a NaN gives way to a number.
AARENGEN_INLINE float min(float x, float y) { return __builtin_fminf(x, y); }
AARENGEN_INLINE float max(float x, float y) { return __builtin_fmaxf(x, y); }
AARENGEN_INLINE double min(double x, double y) { return __builtin_fmin(x, y); }
AARENGEN_INLINE double max(double x, double y) { return __builtin_fmax(x, y); }
AARENGEN_INLINE double min(float x, double y) { return __builtin_fmin(x, y); }
AARENGEN_INLINE double min(double x, float y) { return __builtin_fmin(x, y); }
AARENGEN_INLINE double max(float x, double y) { return __builtin_fmax(x, y); }
AARENGEN_INLINE double max(double x, float y) { return __builtin_fmax(x, y); }
AARENGEN_INLINE int __dp4a(int x, int y, int sum)
{
    for (int i = 0; i < 32; i += 8)
        sum += (signed char)(x >> i) * (signed char)(y >> i);
    return sum;
}
AARENGEN_INLINE int __mul24(int x, int y) { return x * y; }

// ---- the table of kernels -----------------------------------------------------------------------------------------------------

// How a launch's void** becomes a call: written by the compiler's front end behind the user's text, once a kernel.
struct aarengen_kernel
{
    const char* name;
    void (*call)(void (*kernel)(), void** arguments);
    void (*kernel)();
    const unsigned* sizes;
    unsigned count;
    unsigned max_threads;
};

constexpr size_t aarengen_parameter_bytes(const unsigned* sizes, const unsigned* alignments, size_t count)
{
    size_t end = 0;
    for (size_t i = 0; i < count; i++)
        end = (end + alignments[i] - 1) / alignments[i] * alignments[i] + sizes[i];
    return end;
}

template <class... Parameters> struct aarengen_signature
{
    static constexpr unsigned sizes[sizeof...(Parameters) + 1] = {sizeof(Parameters)..., 0};
    static constexpr unsigned alignments[sizeof...(Parameters) + 1] = {alignof(Parameters)..., 1};
    static constexpr size_t bytes = aarengen_parameter_bytes(sizes, alignments, sizeof...(Parameters));

    template <int... index> __attribute__((no_sanitize("thread"))) static void spread(void (*kernel)(), void** arguments)
    {
        reinterpret_cast<void (*)(Parameters...)>(kernel)(*static_cast<Parameters*>(arguments[index])...);
    }
};
