// The pattern of a fence and a counter, allowed where the user asks for it; what has no fence is a race all the same.
#include "gpu.h"

int main(int count, char** arguments)
{
    setenv("AARENGEN_EMULATOR_GLOBAL_RACES", "fenced", 1);
    loadLibraries(count, arguments);
    startDevice();
    testName = "fenced";
    TestModule module(R"(
        extern "C" __global__ void lastBlock(float* total, float* parts, unsigned* counter)
        {
            __shared__ bool last;
            if (threadIdx.x == 0)
            {
                parts[blockIdx.x] = blockIdx.x;
                __threadfence();
                last = atomicInc(counter, gridDim.x - 1) == gridDim.x - 1;
            }
            __syncthreads();
            if (last)
            {
                float mine = threadIdx.x < gridDim.x ? parts[threadIdx.x] : 0.0f;
                for (int m = 16; m > 0; m /= 2)
                    mine += __shfl_xor_sync(0xffffffffu, mine, m);
                if (threadIdx.x == 0)
                    total[0] = mine;
            }
        }
        extern "C" __global__ void noFence(float* total, float* parts) { total[blockIdx.x] = parts[0]; parts[0] = 1; }
        )");
    Buffer<float> total(std::vector<float>(32, 0.0f)), parts(std::vector<float>(32, 0.0f));
    Buffer<unsigned> counter(std::vector<unsigned>{0});
    for (int i = 0; i < 3; i++)
        CHECK(launch(module.function("lastBlock"), {20, 32}, total.address, parts.address, counter.address) == 0);
    CHECK(total.read()[0] == 190);
    CHECK(launch(module.function("noFence"), {2, 1}, total.address, parts.address) == 719);
    return finish();
}
