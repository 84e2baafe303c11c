// Scans along time in which channels do not interact. A thread block takes some channels of one sequence, tile after tile of its tokens. In
// a tile a thread holds four channels of a chunk of tokens in registers; the effects of the chunks on the state before them are combined
// through shared memory.

// Lanes: threads along the channels, four channels each. Chunks: threads along time, length tokens each.
template <class Cut>
struct TimeShape
{
    static constexpr int lanes = Cut::lanes, chunks = Cut::chunks, length = Cut::length;
    static constexpr int tile = chunks * length, threads = lanes * chunks, channels = 4 * lanes;
};

// One value for each channel and chunk.
template <class Shape>
struct alignas(16) ChunkEnds
{
    float at[Shape::chunks][Shape::channels];
};

// The place of a thread.
template <class Shape, int width>
struct TimePlace
{
    static constexpr int groups = (pad4(width) + Shape::channels - 1) / Shape::channels;
    int sequence, lane, chunk, channel;
    bool isInside;      // whether its channels exist

    __device__ __forceinline__ TimePlace()
    {
        sequence = blockIdx.x / groups;
        lane = threadIdx.x % Shape::lanes;
        chunk = threadIdx.x / Shape::lanes;
        channel = static_cast<int>(blockIdx.x) % groups * Shape::channels + 4 * lane;
        isInside = channel < pad4(width);
    }
};

// The number of a channel before the first row, in the state from an offset on, and after the last row; a thread a channel. Zero where the
// sequence begins here.
template <class Shape, int width>
__device__ __forceinline__ double channel_before(const Pass& pass, const TimePlace<Shape, width>& place, int state)
{
    const double* before = state_before(pass, place.sequence, state);
    int channel = place.channel - 4 * place.lane + static_cast<int>(threadIdx.x);
    return before != nullptr && threadIdx.x < Shape::channels && channel < width ? before[channel] : 0.0;
}

template <class Shape, int width>
__device__ __forceinline__ void keep_channel(const Pass& pass, const TimePlace<Shape, width>& place, int state, double value)
{
    double* after = state_after(pass, place.sequence, state);
    int channel = place.channel - 4 * place.lane + static_cast<int>(threadIdx.x);
    if (after != nullptr && threadIdx.x < Shape::channels && channel < width)
    {
        after[channel] = value;
    }
}

// The value with zeros in the columns beyond the width.
template <int width>
__device__ __forceinline__ float4 inside_width(float4 value, int column)
{
    if (width % 4 != 0)
    {
        value.y = column + 1 < width ? value.y : 0.0f;
        value.z = column + 2 < width ? value.z : 0.0f;
        value.w = column + 3 < width ? value.w : 0.0f;
    }
    return value;
}

// Replaces the sum of each chunk by the sum of all chunks before it, in the order of time or against it; one thread a channel.
template <class Shape, bool backwards>
__device__ __forceinline__ void sums_before(ChunkEnds<Shape>& ends, double& carried)
{
    if (threadIdx.x < Shape::channels)
    {
        for (int i = 0; i < Shape::chunks; i++)
        {
            float& end = ends.at[backwards ? Shape::chunks - 1 - i : i][threadIdx.x];
            float sum = end;
            end = static_cast<float>(carried);
            carried += sum;
        }
    }
}
