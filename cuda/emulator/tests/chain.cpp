// Blocks that wait for one another: a dynamic index decides their order, and each publishes a carry for the next. The argument is the
// number of host threads; each runs its blocks to their ends.
#include "gpu.h"

int main(int count, char** arguments)
{
    if (count < 4)
        return 2;
    setenv("AARENGEN_EMULATOR_THREADS", arguments[3], 1);
    loadLibraries(count, arguments);
    startDevice();
    testName = arguments[3];
    TestModule module(R"(
        extern "C" __global__ void prefixSums(unsigned* tickets, unsigned long long* carries, int* sums, const int* x)
        {
            __shared__ unsigned ticket;
            __shared__ int before;
            if (threadIdx.x == 0)
                ticket = atomicInc(tickets, gridDim.x - 1);
            __syncthreads();
            int own = x[ticket * blockDim.x + threadIdx.x];
            for (int distance = 1; distance < 32; distance *= 2)
            {
                int other = __shfl_up_sync(0xffffffffu, own, distance);
                own += threadIdx.x >= distance ? other : 0;
            }
            if (threadIdx.x == 31)
            {
                volatile unsigned long long* words = carries;
                unsigned long long carried = 0;
                if (ticket > 0)
                {
                    while ((carried = words[ticket - 1]) >> 32 == 0)
                        __nanosleep(32);
                    words[ticket - 1] = 0;
                }
                before = (int)(unsigned)carried;
                if (ticket + 1 < gridDim.x)
                    words[ticket] = 1ull << 32 | (unsigned)(before + own);
            }
            __syncthreads();
            sums[ticket * blockDim.x + threadIdx.x] = before + own;
        })");
    constexpr unsigned blocks = 100, all = blocks * 32;
    std::vector<int> x(all), expected(all);
    for (unsigned i = 0, sum = 0; i < all; i++)
        x[i] = (int)(i * 7 % 11), sum += i * 7 % 11, expected[i] = (int)sum;
    Buffer<int> in(x), sums((size_t)all);
    Buffer<unsigned> tickets(std::vector<unsigned>{0});
    const std::vector<unsigned long long> none(blocks);
    Buffer<unsigned long long> carries(none);
    // Each launch leaves ticket and words as the next one wants them.
    for (unsigned long long seed : {0ull, 1ull, 2ull, 12345ull})
    {
        setSeed(seed);
        CHECK(launch(module.function("prefixSums"), {blocks, 32}, tickets.address, carries.address, sums.address, in.address) == 0);
        CHECK(sums.read() == expected);
        CHECK(tickets.read()[0] == 0);
        CHECK(carries.read() == none);
    }
    CHECK(emulatorText("aarengen_emulator_report").empty());
    return finish();
}
