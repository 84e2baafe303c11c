// needs: rows
// A learned row for each place in a sequence; places past the table's end share its last row.

// y = x + the place's row.
template <int width, int stride, int length>
__device__ __forceinline__ void add_positions(const Pass& pass, const float* x, const float* table, float* y)
{
    __shared__ int places[16];
    int first = blockIdx.x * 16, rows = min(16, pass.settings->rows - first);
    if (static_cast<int>(threadIdx.x) < rows)
    {
        int row = first + threadIdx.x;
        places[threadIdx.x] = min(row - first_row(pass, sequence_of(pass, row)), length - 1);
    }
    __syncthreads();
    each_four_columns<width>(pass, [=](long long row, int column)
    {
        long long at = row * stride + column;
        store4(y + at, add4(load4(x + at), load4(table + static_cast<long long>(places[row - first]) * stride + column)));
    });
}

// The gradient goes on as it is, and each place's row of the table gets the sum over the sequences of one part. A thread has four columns
// of a place, so that it meets each of its gradients once; of a small table several threads do, with other sequences each.
template <bool adds, int width, int stride, int length, int parts, int owners, int slots>
__device__ __forceinline__ void positions_backward(const Pass& pass, const float* dy, float* dx, float* table_part)
{
    constexpr int fours = stride / 4;
    __shared__ float4 sums[256];
    int part = blockIdx.x % parts, owner = blockIdx.x / parts * owners + threadIdx.x % owners, slot = threadIdx.x / owners;
    int place = owner / fours, column = owner % fours * 4;
    float4 sum = zero4();
    if (slot < slots && place < length && column < pad4(width))
    {
        int sequences = pass.settings->sequences;
        int to = static_cast<int>(static_cast<long long>(sequences) * (part + 1) / parts);
        for (int sequence = static_cast<int>(static_cast<long long>(sequences) * part / parts) + slot; sequence < to; sequence += slots)
        {
            int row = first_row(pass, sequence) + place, end = pass.ends[sequence];
            end = place == length - 1 ? end : min(end, row + 1);
            for (; row < end; row++)
            {
                long long at = static_cast<long long>(row) * stride + column;
                float4 gradient = load4(dy + at);
                sum = add4(sum, gradient);
                store4(dx + at, adds ? add4(load4(dx + at), gradient) : gradient);
            }
        }
    }
    if (slots > 1)
    {
        sums[threadIdx.x] = sum;
        __syncthreads();
        for (int other = 1; other < slots && slot == 0; other++)
        {
            sum = add4(sum, sums[other * owners + threadIdx.x]);
        }
    }
    if (slot == 0 && place < length)
    {
        store4(table_part + static_cast<long long>(place) * stride + column, sum);
    }
}
