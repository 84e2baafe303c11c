// needs: rows
// Tokens of several kinds in turn.

// A token's kind is its place in its sequence, modulo their number; a row a thread.
template <int count, int stride>
__device__ __forceinline__ void token_kinds(const Pass& pass, float* kinds)
{
    int row = blockIdx.x * 256 + threadIdx.x;
    if (row < pass.settings->rows)
    {
        int place = row - first_row(pass, sequence_of(pass, row));
        store4(kinds + static_cast<long long>(row) * stride, make_float4(static_cast<float>(place % count), 0, 0, 0));
    }
}

// The rows of a kind; those of others are zero, or stay as they are where the kind's are added.
template <bool adds, int kind, int kind_stride, int stride, int width>
__device__ __forceinline__ void keep_kind(const Pass& pass, const float* kinds, const float* from, float* to)
{
    each_four_columns<width>(pass, [=](long long row, int column)
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
