// The row of a table that a category of the token names.
struct Lookup
{
    Batch batch;
    const double* tokens;
    const double* table;
    double* y;
    long long token_width, column, width, stride;
};

// A thread an element.
extern "C" __global__ void lookup(const Lookup a, const int threads)
{
    const long long at = thread_number();
    if (at >= threads)
    {
        return;
    }
    const long long category = static_cast<long long>(a.tokens[at / a.width * a.token_width + a.column]);
    a.y[at] = a.table[category * a.stride + at % a.width];
}

struct LookupGradient
{
    Batch batch;
    const double* dy;
    const double* tokens;
    double* dtable;
    long long token_width, column, width, stride;
};

// The table's gradient: the sum over the rows of a category, which may be all. A thread a column.
extern "C" __global__ void lookup_gradient(const LookupGradient a, const int threads)
{
    const long long column = thread_number();
    if (column >= threads)
    {
        return;
    }
    for (long long row = 0; row < a.batch.rows; row++)
    {
        const long long category = static_cast<long long>(a.tokens[row * a.token_width + a.column]);
        add(a.batch, a.dtable, category * a.stride + column, a.dy[row * a.width + column], 0);
    }
}
