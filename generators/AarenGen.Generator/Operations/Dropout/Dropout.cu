// needs: rows
// Dropout of rows in place: a value is zeroed where the hash of seed and place lies below the threshold, and else scaled.

__device__ __forceinline__ float dropped(float x, ulong64 key, ulong64 place, unsigned threshold, float scale)
{
    return static_cast<unsigned>(mix(key + place * 0xD1B54A32D192ED03ull) >> 32) < threshold ? 0.0f : x * scale;
}

template <class Rows>
__device__ __forceinline__ void dropout_rows(
    const Pass& pass,
    float* x, // [rows, stride]
    ulong64 salt, unsigned threshold, float scale)
{
    constexpr int width = Rows::width, stride = Rows::stride;
    if (!pass.settings->training)
    {
        return;
    }
    // The first half of the hash, which is the same for all places.
    const ulong64 key = mix(pass.settings->seed + salt + 0x9E3779B97F4A7C15ull);
    each_float4_column<width>(pass, [=](long long row, int column)
    {
        float* own = x + row * stride + column;
        const ulong64 place = static_cast<ulong64>(row) * width + column;
        float4 value = load4(own);
        value.x = dropped(value.x, key, place, threshold, scale);
        value.y = dropped(value.y, key, place + 1, threshold, scale);
        value.z = dropped(value.z, key, place + 2, threshold, scale);
        value.w = dropped(value.w, key, place + 3, threshold, scale);
        store4(own, value);
    });
}
