// to += from, as many columns as there are threads a row.
struct AddColumns
{
    Batch batch;
    const double* from;
    long long from_width, from_column;
    double* to;
    long long to_width, to_column, columns;
};

extern "C" __global__ void add_columns(const AddColumns a, const int threads)
{
    const long long thread = thread_number();
    if (thread >= threads)
    {
        return;
    }
    const long long row = thread / a.columns, column = thread % a.columns;
    add(a.batch, a.to, row * a.to_width + a.to_column + column, a.from[row * a.from_width + a.from_column + column], 0);
}
