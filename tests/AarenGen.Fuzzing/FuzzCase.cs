using System.Diagnostics;
using System.Security.Cryptography;

namespace AarenGen.Fuzzing;

/// <summary>What a case came to.</summary>
/// <param name="IsRead">Whether the file was read.</param>
/// <param name="Refusal">The message of the rejection.</param>
/// <param name="Fault">What must not be.</param>
/// <param name="FaultKey">The same for all cases of one fault.</param>
internal sealed record CaseResult(bool IsRead, string? Refusal, string? Fault, string? FaultKey);

/// <summary>One input given to a reader, within bounds of time and memory.</summary>
internal static class FuzzCase
{
    private const long AllowedBytes = 64 << 20, AllowedBytesPerByte = 16;
    private const int LongestRefusal = 4000;

    /// <summary>Processor time, which a busy machine does not increase.</summary>
    private static readonly TimeSpan allowedTime = TimeSpan.FromSeconds(2);

    /// <summary>Runs a case.</summary>
    /// <param name="target">The reader.</param>
    /// <param name="input">The file's bytes.</param>
    /// <param name="folder">A folder for this case alone.</param>
    public static CaseResult Run(FuzzTarget target, byte[] input, string folder)
    {
        string path = Path.Combine(folder, "input" + target.Extension(input));
        File.WriteAllBytes(path, input);
        TimeSpan started = Environment.CpuUsage.TotalTime;
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            object read = target.Read(path);
            CheckBounds();
            target.Verify(read, Path.Combine(folder, "again" + target.Extension(default)));
            return new(true, null, null, null);
        }
        catch (Exception e) when (target.IsRefusal(e))
        {
            try
            {
                CheckBounds();
            }
            catch (FuzzException bound)
            {
                return Fault(bound, bound.Message);
            }
            bool isLine = e.Message.Length is > 0 and <= LongestRefusal
                && !(target.RefusesInOneLine && e.Message.AsSpan().ContainsAny('\n', '\r'));
            return !isLine
                ? Fault(e, "The refusal is no line of at most 4,000 characters.")
                : new(false, e.Message.Replace(path, "", StringComparison.Ordinal), null, null);
        }
        catch (Exception e)
        {
            return Fault(e, e.Message);
        }
        finally
        {
            File.Delete(path);
        }

        void CheckBounds()
        {
            TimeSpan elapsed = Environment.CpuUsage.TotalTime - started;
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            if (allocated > AllowedBytes + AllowedBytesPerByte * input.Length)
            {
                throw new FuzzException($"It allocated {allocated} bytes for a file of {input.Length}.");
            }
            if (elapsed > allowedTime)
            {
                throw new FuzzException($"It took {elapsed.TotalSeconds:F1} s.");
            }
        }
    }

    /// <summary>The same for all inputs that fail at one place.</summary>
    private static CaseResult Fault(Exception e, string problem)
    {
        StackFrame? frame = new StackTrace(e).GetFrames().FirstOrDefault(static f =>
            f.GetMethod()?.DeclaringType?.Namespace?.StartsWith("System", StringComparison.Ordinal) == false);
        string place = $"{frame?.GetMethod()?.DeclaringType?.Name}.{frame?.GetMethod()?.Name}";
        byte[] hash = SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{e.GetType()} {place}"));
        return new(false, null, $"{e.GetType().Name} in {place}: {problem}\n{e.StackTrace}", Convert.ToHexStringLower(hash.AsSpan(0, 4)));
    }
}
