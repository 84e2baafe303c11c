// needs: rows
// Interleaved tokens of several kinds.

// A token's kind is its place in its sequence, modulo their number; a row a thread.
template <class Kinds>
__device__ __forceinline__ void token_kinds(
    const Pass& pass,
    float* kinds, // [rows, stride]
    int state)
{
    constexpr int count = Kinds::count, stride = Kinds::stride;
    int row = blockIdx.x * 256 + threadIdx.x;
    if (row < pass.settings->rows)
    {
        int place = place_of(pass, row, state);
        store4(kinds + static_cast<long long>(row) * stride, make_float4(static_cast<float>(place % count), 0, 0, 0));
    }
}

// The rows of a kind; those of others are zero, or stay as they are where the kind's are added.
template <class Kind>
__device__ __forceinline__ void keep_kind(
    const Pass& pass,
    const float* kinds, // [rows, kind_stride]
    const float* from,  // [rows, stride]
    float* to)          // [rows, stride]
{
    constexpr int kind = Kind::kind, kind_stride = Kind::kind_stride, stride = Kind::stride, width = Kind::width;
    constexpr bool adds = Kind::adds;
    each_float4_column<width>(pass, [=](long long row, int column)
    {
        bool isOwn = kinds[row * kind_stride] == kind;
        long long at = row * stride + column;
        if (!adds)
        {
            store4(to + at, isOwn ? load4(from + at) : zero4());
        }
        else if (isOwn)
        {
            store4(to + at, add4(load4(to + at), load4(from + at)));
        }
    });
}
