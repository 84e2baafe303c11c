// AdamW: gradients are scaled to those of the mean loss, and clipped where their norm is above a limit. The fast kernel adds the norm in
// double.
struct AdamW
{
    Batch batch;
    double* weights;
    const double* gradients;
    double* first_moment;
    double* second_moment;
    double* norm;               // one number
    const double* runs;         // of parameters with and without decay: where each begins, and 1 or 0
    long long run_count, parameters;
    double scale, clip, learning_rate, beta1, beta2, epsilon, weight_decay, correction1, correction2;
};

// The norm of all gradients, by one thread.
extern "C" __global__ void gradient_norm(const AdamW a, const int threads)
{
    if (thread_number() >= threads)
    {
        return;
    }
    double sum = 0;
    for (long long i = 0; i < a.parameters; i++)
    {
        sum += a.gradients[i] * a.scale * a.gradients[i] * a.scale;
    }
    a.norm[0] = sqrt(sum);
}

// A thread a parameter.
extern "C" __global__ void adamw(const AdamW a, const int threads)
{
    const long long at = thread_number();
    if (at >= threads)
    {
        return;
    }
    long long run = 0;
    while (run + 1 < a.run_count && a.runs[2 * (run + 1)] <= at)
    {
        run++;
    }
    const double decay = a.runs[2 * run + 1] != 0 ? a.weight_decay : 0;
    const double clipping = a.norm[0] > a.clip ? a.clip / a.norm[0] : 1, gradient = a.gradients[at] * a.scale * clipping;
    const double first = a.beta1 * a.first_moment[at] + (1 - a.beta1) * gradient;
    const double second = a.beta2 * a.second_moment[at] + (1 - a.beta2) * gradient * gradient;
    const double step = a.learning_rate * (first / a.correction1) / (sqrt(second / a.correction2) + a.epsilon);
    const double weight = a.weights[at] * (1 - a.learning_rate * decay) - step;
    write(
        a.batch, a.first_moment, at, first, 4 * (fabs(a.beta1 * a.first_moment[at]) + fabs((1 - a.beta1) * gradient)));
    write(a.batch, a.second_moment, at, second, 6 * second);
    write(a.batch, a.weights, at, weight, 2 * fabs(a.weights[at]) + 12 * fabs(step));
}
