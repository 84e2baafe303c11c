// A token's kind is its place in its sequence, modulo their number.
struct TokenKinds
{
    Batch batch;
    double* kinds;
    long long count;
};

// A thread a row.
extern "C" __global__ void token_kinds(const TokenKinds a, const int threads)
{
    const long long row = thread_number();
    if (row >= threads)
    {
        return;
    }
    a.kinds[row] = static_cast<double>((row - first_row(a.batch, sequence_of(a.batch, row))) % a.count);
}

struct AddKind
{
    Batch batch;
    const double* kinds;
    long long kind;
    const double* from;
    double* to;
    long long width;
};

// to += from in the rows of one kind. A thread an element.
extern "C" __global__ void add_kind(const AddKind a, const int threads)
{
    const long long at = thread_number();
    if (at >= threads)
    {
        return;
    }
    if (a.kinds[at / a.width] == a.kind)
    {
        add(a.batch, a.to, at, a.from[at], 0);
    }
}
