// Some of the numbers set to zero in place, the others scaled: the forward pass on values, the backward pass on their gradients.
struct Dropout
{
    Batch batch;
    double* x;
    long long width, salt;
    double threshold, scale;
};

// A thread an element.
extern "C" __global__ void dropout(const Dropout a, const int threads)
{
    const long long at = thread_number();
    if (at >= threads)
    {
        return;
    }
    const bool is_dropped = static_cast<double>(hash(a.batch.dropoutSeed + a.salt, at) >> 32) < a.threshold;
    write(a.batch, a.x, at, is_dropped ? 0 : a.x[at] * a.scale, is_dropped ? 0 : fabs(a.x[at] * a.scale));
}
