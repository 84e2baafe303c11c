// Atomics, fences and asynchronous copies of a kernel.
#include <cstring>

#include "checks.h"

#define CALLER __builtin_return_address(0)

namespace
{
enum Operation : int
{
    add, exchange, compareExchange, minSigned, minUnsigned, maxSigned, maxUnsigned, bitAnd, bitOr, bitXor, increment, decrement, addFloat,
};

template <class To, class From> To bits(From from) { return __builtin_bit_cast(To, from); }

template <class U, class S, class F> U apply(U old, U operand, U compare, int operation)
{
    switch (operation)
    {
        case add: return old + operand;
        case exchange: return operand;
        case compareExchange: return old == compare ? operand : old;
        case minSigned: return (S)operand < (S)old ? operand : old;
        case minUnsigned: return operand < old ? operand : old;
        case maxSigned: return (S)operand > (S)old ? operand : old;
        case maxUnsigned: return operand > old ? operand : old;
        case bitAnd: return old & operand;
        case bitOr: return old | operand;
        case bitXor: return old ^ operand;
        case increment: return old >= operand ? 0 : old + 1;
        case decrement: return old == 0 || old > operand ? operand : old - 1;
        default: return bits<U>(bits<F>(old) + bits<F>(operand));
    }
}

template <class U, class S, class F> U atomic(void* address, U operand, U compare, int operation, const void* code)
{
    Worker& w = *current;
    checkAtomic(address, sizeof(U), Access::atomic, code);
    ((uint64_t)address - arena.base < arena.size ? w.counters.global : w.counters.shared).atomics++;
    U* word = (U*)address;
    U old = __atomic_load_n(word, __ATOMIC_RELAXED), next;
    do
        next = apply<U, S, F>(old, operand, compare, operation);
    while (!__atomic_compare_exchange_n(word, &old, next, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
    w.ordered = true;
    // A lock or a flag may be waited for in a loop of atomics.
    if (++w.fiber->spins % 64 == 0)
        pauseFiber(w);
    return old;
}
}

EMULATOR_API unsigned aarengen_atomic32(void* address, unsigned operand, unsigned compare, int operation)
{
    return atomic<uint32_t, int32_t, float>(address, operand, compare, operation, CALLER);
}

EMULATOR_API unsigned long long aarengen_atomic64(void* address, unsigned long long operand, unsigned long long compare, int operation)
{
    return atomic<unsigned long long, long long, double>(address, operand, compare, operation, CALLER);
}

EMULATOR_API void aarengen_fence()
{
    current->ordered = true;
    current->launch->fenced = true;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

EMULATOR_API void aarengen_pause() { pauseFiber(*current); }

EMULATOR_API void aarengen_copy(void* to, const void* from, size_t bytes)
{
    checkRange((void*)from, bytes, Access::read, CALLER);
    checkRange(to, bytes, Access::write, CALLER);
    std::memmove(to, from, bytes);
}

EMULATOR_API void aarengen_fill(void* to, int value, size_t bytes)
{
    checkRange(to, bytes, Access::write, CALLER);
    std::memset(to, value, bytes);
}

EMULATOR_API void aarengen_copy_async(void* shared, const void* global, int bytes)
{
    checkCopyStart(shared, global, bytes, CALLER);
    current->fiber->copies.push_back({shared, global, bytes, current->fiber->openGroup});
}

EMULATOR_API void aarengen_copy_async_commit() { current->fiber->openGroup++; }

// Copies land here and not before, so that a missing wait shows.
EMULATOR_API void aarengen_copy_async_wait(int pending)
{
    Fiber& fiber = *current->fiber;
    size_t kept = 0;
    for (const PendingCopy& copy : fiber.copies)
    {
        if (copy.group >= fiber.openGroup - pending)
        {
            fiber.copies[kept++] = copy;
            continue;
        }
        std::memcpy(copy.to, copy.from, (size_t)copy.bytes);
        checkCopyEnd(copy.to, copy.bytes);
    }
    fiber.copies.resize(kept);
}
