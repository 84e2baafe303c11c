// How a block goes along time where channels do not meet: it takes some channels of one sequence, tile after tile of its tokens. Inside a
// tile a thread holds four channels of a short stretch of tokens in registers; what stretches do to what came before them meets in shared
// memory.

// So many threads along the channels with four each, and stretches of length tokens.
template <int lanes_, int stretches_, int length_>
struct TimeShape
{
    static constexpr int lanes = lanes_, stretches = stretches_, length = length_, tile = stretches * length, threads = lanes * stretches,
        channels = 4 * lanes;
};

// A number a channel and stretch.
template <class Shape>
struct alignas(16) StretchEnds
{
    float at[Shape::stretches][Shape::channels];
};

// Where a thread works.
template <class Shape, int width>
struct TimePlace
{
    static constexpr int groups = (pad4(width) + Shape::channels - 1) / Shape::channels;
    int sequence, lane, stretch, channel;
    bool isInside;      // whether its channels exist

    __device__ __forceinline__ TimePlace()
    {
        sequence = blockIdx.x / groups;
        lane = threadIdx.x % Shape::lanes;
        stretch = threadIdx.x / Shape::lanes;
        channel = static_cast<int>(blockIdx.x) % groups * Shape::channels + 4 * lane;
        isInside = channel < pad4(width);
    }
};

// Zero in those of four columns that lie beyond the width.
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
