// needs: rows
// Rows of a table that categories choose, and the table's gradient.

template <class Table>
__device__ __forceinline__ void lookup(
    const Pass& pass,
    const float* tokens, // [rows, token_stride]
    const float* table,  // [cardinality, stride]
    float* y)            // [rows, stride]
{
    constexpr int width = Table::width, stride = Table::stride;
    constexpr int token_stride = Table::token_stride, category_column = Table::category_column;
    each_float4_column<width>(pass, [=](long long row, int column)
    {
        long long category = static_cast<int>(tokens[row * token_stride + category_column]);
        store4(y + row * stride + column, load4(table + category * stride + column));
    });
}

// A partial gradient of the table: the sum over a part of the rows. A block takes some categories and up to 64 float4s of their columns,
// lanes threads along them; of a small table several slots partition the rows. Rows of other categories are skipped before any gradient is
// read.
template <class Table>
__device__ __forceinline__ void lookup_backward(
    const Pass& pass,
    const float* dy,      // [rows, stride]
    const float* tokens,  // [rows, token_stride]
    float* table_partial) // [cardinality, stride]
{
    constexpr int width = Table::width, stride = Table::stride, token_stride = Table::token_stride;
    constexpr int category_column = Table::category_column, cardinality = Table::cardinality, parts = Table::parts;
    constexpr int lanes = Table::lanes, categories = Table::categories, slots = Table::slots;
    constexpr int float4s = stride / 4, chunks = (float4s + lanes - 1) / lanes, ahead = 4;
    __shared__ float4 sums[256];
    __shared__ int hits[256], hitCategories[256], counts[8];
    int part = blockIdx.x % parts, chunk = blockIdx.x / parts % chunks, firstCategory = blockIdx.x / parts / chunks * categories;
    int lane = threadIdx.x % lanes, own = threadIdx.x / lanes % categories, slot = threadIdx.x / (lanes * categories);
    int column = (chunk * lanes + lane) * 4, warp = threadIdx.x / 32;
    bool isInside = column < pad4(width);
    int rows = pass.settings->rows;
    int from = static_cast<int>(static_cast<long long>(rows) * part / parts),
        to = static_cast<int>(static_cast<long long>(rows) * (part + 1) / parts);
    float4 sum = zero4();
    for (; from < to; from += 256)
    {
        // The tile's rows of the block's categories, in order.
        int row = from + threadIdx.x;
        int category = row < to
            ? static_cast<int>(tokens[static_cast<long long>(row) * token_stride + category_column]) - firstCategory : -1;
        bool isHit = category >= 0 && category < categories;
        unsigned votes = __ballot_sync(0xffffffffu, isHit);
        if (threadIdx.x % 32 == 0)
        {
            counts[warp] = __popc(votes);
        }
        __syncthreads();
        int before = 0, count = 0;
        for (int w = 0; w < 8; w++)
        {
            before += w < warp ? counts[w] : 0;
            count += counts[w];
        }
        if (isHit)
        {
            int place = before + __popc(votes & ((1u << threadIdx.x % 32) - 1));
            hits[place] = row;
            hitCategories[place] = category;
        }
        __syncthreads();
        for (int hit = slot; hit < count; hit += ahead * slots)
        {
            // Several loads are in flight at once; absent rows add zero.
            float4 next[ahead];
            for (int i = 0; i < ahead; i++)
            {
                int at = hit + i * slots;
                next[i] = isInside && at < count && hitCategories[at] == own
                    ? load4(dy + static_cast<long long>(hits[at]) * stride + column) : zero4();
            }
            for (int i = 0; i < ahead; i++)
            {
                sum = add4(sum, next[i]);
            }
        }
        __syncthreads();
    }
    if (slots > 1)
    {
        sums[threadIdx.x] = sum;
        __syncthreads();
        for (int other = 1; other < slots && slot == 0; other++)
        {
            sum = add4(sum, sums[other * lanes * categories + threadIdx.x]);
        }
    }
    if (slot == 0 && column < stride && firstCategory + own < cardinality)
    {
        store4(table_partial + static_cast<long long>(firstCategory + own) * stride + column, sum);
    }
}
