internal class ModelCase<T>;
internal sealed class YourModel;
internal static class ModelCases
{
    public static readonly object[] All =
    [
// The block.
    ];
}
