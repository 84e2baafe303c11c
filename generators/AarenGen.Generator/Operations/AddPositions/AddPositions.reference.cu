// y = x + what belongs to the token's place in its sequence: a row of a table, of which the last serves all later places, or sinusoids.

// Column 2i of a time t is sin(t / P^(2i / width)), column 2i + 1 the cosine.
__device__ double sinusoid(double time, double longest_period, long long column, long long width)
{
    double angle = time / pow(longest_period, static_cast<double>(column / 2 * 2) / width);
    return column % 2 == 0 ? sin(angle) : cos(angle);
}

struct AddPositions
{
    Batch batch;
    const double* x;
    const double* table;
    double* y;
    long long width, stride, length;
};

// A thread an element.
extern "C" __global__ void add_positions(const AddPositions a, const int threads)
{
    const long long at = thread_number();
    if (at >= threads)
    {
        return;
    }
    const long long row = at / a.width, column = at % a.width;
    const long long place = row - first_row(a.batch, sequence_of(a.batch, row));
    write(a.batch, a.y, at, a.x[at] + a.table[min(place, a.length - 1) * a.stride + column], 0);
}

struct PositionsGradient
{
    Batch batch;
    const double* dy;
    double* dtable;
    long long width, stride, length;
};

// The table's gradient; a thread a column.
extern "C" __global__ void positions_gradient(const PositionsGradient a, const int threads)
{
    const long long column = thread_number();
    if (column >= threads)
    {
        return;
    }
    for (long long entry = 0; entry < a.length; entry++)
    {
        double sum = 0, magnitude = 0;
        long long terms = 0;
        for (long long sequence = 0; sequence < a.batch.sequences; sequence++)
        {
            const long long first = first_row(a.batch, sequence), end = a.batch.ends[sequence];
            for (long long row = first + entry; row < end && (row == first + entry || entry == a.length - 1); row++)
            {
                sum += a.dy[row * a.width + column];
                magnitude += fabs(a.dy[row * a.width + column]);
                terms++;
            }
        }
        add(a.batch, a.dtable, entry * a.stride + column, sum, roundings(terms) * magnitude);
    }
}

struct AddSinusoids
{
    Batch batch;
    const double* x;
    double* y;
    double longest_period;
    long long width;
};

// A thread an element. The fast kernel's sinusoids are right to 4 roundoffs of 1.
extern "C" __global__ void add_sinusoids(const AddSinusoids a, const int threads)
{
    const long long at = thread_number();
    if (at >= threads)
    {
        return;
    }
    const long long row = at / a.width;
    const long long place = row - first_row(a.batch, sequence_of(a.batch, row));
    write(a.batch, a.y, at, a.x[at] + sinusoid(static_cast<double>(place), a.longest_period, at % a.width, a.width), 4);
}
