// The sinusoids of a column of the tokens.
struct EncodeTime
{
    Batch batch;
    const double* tokens;
    double* y;
    double longest_period;
    long long token_width, column, width;
};

// A thread an element. The fast kernel's sinusoids are right to 4 roundoffs of 1.
extern "C" __global__ void encode_time(const EncodeTime a, const int threads)
{
    const long long at = thread_number();
    if (at >= threads)
    {
        return;
    }
    double time = a.tokens[at / a.width * a.token_width + a.column];
    write(a.batch, a.y, at, sinusoid(time, a.longest_period, at % a.width, a.width), 4);
}
