// needs: instructions
// Once an optimiser step: partial gradients are added up in a fixed order, and AdamW updates the weights.

__device__ __forceinline__ double squared_norm4(float4 v)
{
    return static_cast<double>(v.x) * v.x + static_cast<double>(v.y) * v.y
        + (static_cast<double>(v.z) * v.z + static_cast<double>(v.w) * v.w);
}

// The last of some entries, in ascending order of their first index, that begins at or before an index.
template <int count, class Entry>
__device__ __forceinline__ const Entry& find_entry(
    const Entry* all, // [count]
    int place)
{
    int low = 0, high = count - 1;
    while (low < high)
    {
        int middle = (low + high + 1) / 2;
        if (all[middle].first <= place)
        {
            low = middle;
        }
        else
        {
            high = middle - 1;
        }
    }
    return all[low];
}

// A segment of the gradients, whose partial gradients lie one after the other.
struct Run
{
    int start, length;      // in the gradients
    int parts;              // partial gradients
    int counted;            // whether it counts in the norm: gradients of derived weights do not
    long long partials;     // the first partial gradient
    int first;              // the number of its first float4, counted through all runs
};

// Gradients as the sums of their partial gradients, a float4 a thread at a time. Returns what the gradients of the thread add to the
// squared norm.
template <int runs>
__device__ __forceinline__ double reduce_gradients(
    const Pass& pass,
    const Run* all, // [runs]
    int float4s)
{
    double squaredNorm = 0;
    for (int index = static_cast<int>(blockIdx.x) * 256 + static_cast<int>(threadIdx.x); index < float4s;
        index += static_cast<int>(gridDim.x) * 256)
    {
        const Run& run = find_entry<runs>(all, index);
        int offset = 4 * (index - run.first);
        const float* from = pass.partials + run.partials + offset;
        float4 sum = load4(from);
        for (int part = 1; part < run.parts; part++)
        {
            sum = add4(sum, load4(from + static_cast<long long>(part) * run.length));
        }
        store4(pass.gradients + run.start + offset, sum);
        squaredNorm += run.counted ? squared_norm4(sum) : 0;
    }
    return squaredNorm;
}

// A segment of the parameters, with or without weight decay.
struct Decay
{
    int first, decays;
};

// Moments below the smallest normal number become 0, as on the CPU: without gradients they would otherwise stay denormal.
__device__ __forceinline__ float flush_denormal(float value)
{
    return fabsf(value) < 0x1p-126f ? 0.0f : value;
}

__device__ __forceinline__ void adam(float& weight, float gradient, float& first, float& second, const Settings& s, float decay)
{
    float g = gradient * s.scale;
    first = flush_denormal(s.beta1 * first + (1 - s.beta1) * g);
    second = flush_denormal(s.beta2 * second + (1 - s.beta2) * g * g);
    weight -= s.learningRate * decay * weight;
    weight -= s.learningRate * (first / s.correction1 / (sqrtf(second / s.correction2) + s.epsilon));
}

// Keeps four weights as matrix multiplications read them, where that is a copy.
template <class Sizes>
__device__ __forceinline__ void keep_operands(
    [[maybe_unused]] const Pass& pass, [[maybe_unused]] int at, [[maybe_unused]] float4 weights)
{
#if TENSOR_CORES == 2
    if (Sizes::keeps_operands)
    {
        store4(as_operands(pass.operands) + at, weights);
    }
#endif
}

// Clips by the global norm and takes a step of AdamW. Each block adds up the partials of the norm for itself, in the same order. From a
// step whose loss or norm is not finite on, the weights stay as they are.
template <class Sizes>
__device__ __forceinline__ void adamw(
    const Pass& pass,
    const Decay* decays) // [decay_runs]
{
    constexpr int parameters = Sizes::parameters, decay_runs = Sizes::decay_runs, norm_partials = Sizes::gradient_norm_partials;
    __shared__ double shared[8];
    __shared__ Settings s;
    __shared__ bool isBad;
    double sum = 0;
    for (int i = threadIdx.x; i < norm_partials; i += 256)
    {
        sum += pass.gradientNormPartials[i];
    }
    sum = block_sum<256>(sum, shared);
    // One thread reads it for all.
    if (threadIdx.x == 0)
    {
        s = *pass.settings;
        Results& results = *pass.results;
        double norm = sqrt(sum) * s.scale, loss = results.loss;
        bool bad = !(norm < static_cast<double>(infinity())) || !(fabs(loss) < static_cast<double>(infinity()));
        isBad = bad || results.badStep != 0;
        if (bad && results.badStep == 0 && blockIdx.x == 0)
        {
            results.badNow = s.step;
            results.badLoss = loss;
            results.badNorm = norm;
        }
        s.scale = static_cast<float>(norm > s.clip ? s.scale * (s.clip / norm) : s.scale);
    }
    __syncthreads();
    if (isBad)
    {
        return;
    }
    for (int at = 4 * (static_cast<int>(blockIdx.x) * 256 + static_cast<int>(threadIdx.x)); at < parameters;
        at += 4 * 256 * static_cast<int>(gridDim.x))
    {
        float decay = find_entry<decay_runs>(decays, at).decays ? s.weightDecay : 0.0f;
        float4 w = load4(pass.weights + at), g = load4(pass.gradients + at), m = load4(pass.firstMoment + at),
            v = load4(pass.secondMoment + at);
        adam(w.x, g.x, m.x, v.x, s, decay);
        adam(w.y, g.y, m.y, v.y, s, decay);
        adam(w.z, g.z, m.z, v.z, s, decay);
        adam(w.w, g.w, m.w, v.w, s, decay);
        store4(pass.weights + at, w);
        store4(pass.firstMoment + at, m);
        store4(pass.secondMoment + at, v);
        keep_operands<Sizes>(pass, at, w);
    }
}

// Rounds the parameters as the host wrote them.
template <class Sizes>
__device__ __forceinline__ void round_weights(const Pass& pass)
{
    for (int at = 4 * (static_cast<int>(blockIdx.x) * 256 + static_cast<int>(threadIdx.x)); at < Sizes::parameters;
        at += 4 * 256 * static_cast<int>(gridDim.x))
    {
        keep_operands<Sizes>(pass, at, load4(pass.weights + at));
    }
}

// Adds up the partial losses in order: those of an optimiser step, or of a batch that is only evaluated.
__device__ __forceinline__ void finish_loss(const Pass& pass, int parts)
{
    __shared__ double shared[8];
    double sum = 0;
    for (int i = threadIdx.x; i < parts; i += 256)
    {
        sum += pass.losses[i];
    }
    sum = block_sum<256>(sum, shared);
    if (threadIdx.x == 0)
    {
        Results& results = *pass.results;
        if (!pass.settings->training)
        {
            results.evaluated += sum;
            return;
        }
        // The result of the step before is published here, where no other block reads it.
        results.badStep = results.badNow;
        results.loss = sum * pass.settings->scale;
        results.lossSum += results.loss;
    }
}
