// needs: rows
// A learned row for each position in a sequence; positions past the end of the table use its last row.

// y = x + the row of the position.
template <class Table>
__device__ __forceinline__ void add_positions(
    const Pass& pass,
    const float* x,     // [rows, stride]
    const float* table, // [length, stride]
    float* y,           // [rows, stride]
    int state)
{
    constexpr int width = Table::width, stride = Table::stride, length = Table::length;
    __shared__ int places[16];
    int first = blockIdx.x * 16, rows = min(16, pass.settings->rows - first);
    if (static_cast<int>(threadIdx.x) < rows)
    {
        places[threadIdx.x] = min(place_of(pass, first + threadIdx.x, state), length - 1);
    }
    __syncthreads();
    each_float4_column<width>(pass, [=](long long row, int column)
    {
        long long at = row * stride + column;
        store4(y + at, add4(load4(x + at), load4(table + static_cast<long long>(places[row - first]) * stride + column)));
    });
}

// The gradient passes through unchanged, and the row of each position gets the sum over the sequences of one part. A thread has four
// columns of a position, so that it reads each of its gradients once; of a small table several threads share a position, with other
// sequences each.
template <class Table>
__device__ __forceinline__ void positions_backward(
    const Pass& pass,
    const float* dy,      // [rows, stride]
    float* dx,            // [rows, stride]
    float* table_partial, // [length, stride]
    int state)
{
    constexpr int width = Table::width, stride = Table::stride, length = Table::length;
    constexpr int parts = Table::parts, owners = Table::owners, slots = Table::slots;
    constexpr bool adds = Table::adds;
    constexpr int float4s = stride / 4;
    __shared__ float4 sums[256];
    int part = blockIdx.x % parts, owner = blockIdx.x / parts * owners + threadIdx.x % owners, slot = threadIdx.x / owners;
    int place = owner / float4s, column = owner % float4s * 4;
    float4 sum = zero4();
    if (slot < slots && place < length && column < pad4(width))
    {
        int sequences = pass.settings->sequences;
        int to = static_cast<int>(static_cast<long long>(sequences) * (part + 1) / parts);
        for (int sequence = static_cast<int>(static_cast<long long>(sequences) * part / parts) + slot; sequence < to; sequence += slots)
        {
            int row = first_row(pass, sequence) + place, end = pass.ends[sequence], before = tokens_before(pass, sequence, state);
            row -= before;
            end = place == length - 1 ? end : min(end, row + 1);
            row = before == 0 ? row : max(row, first_row(pass, sequence));
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
        store4(table_partial + static_cast<long long>(place) * stride + column, sum);
    }
}
