using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;

namespace Experiments;

/// <summary>
/// Reads Python's pickles of plain data: numbers, strings, lists, tuples, dictionaries and NumPy arrays of numbers or of these. A pickle is
/// a program for a small machine that may call any function of Python. This reader knows no function but the five that NumPy writes for
/// arrays, which it carries out itself; it rejects every other name and opcode.
/// </summary>
/// <remarks>
/// Source: Python's pickletools.py. Values are null, bool, double (all numbers), string, byte[], List&lt;object?&gt; (also for tuples),
/// Dictionary&lt;object, object?&gt; and <see cref="NumpyArray"/>.
/// </remarks>
internal sealed partial class PickleReader
{
    /// <summary>Lists, tuples, dictionaries and arrays: a byte can begin one, and each takes many bytes in memory.</summary>
    private const int MaxContainers = 20_000_000;

    private readonly byte[] bytes;
    private readonly ElementBudget budget;
    private readonly List<object?> stack = [];
    private readonly Stack<int> marks = [];
    private readonly Dictionary<int, object?> memo = [];
    private int position;
    private int containers;

    private PickleReader(byte[] bytes, ElementBudget budget) => (this.bytes, this.budget) = (bytes, budget);

    private enum Function
    {
        Reconstruct,
        ArrayClass,
        Type,
        Scalar,
        FromBuffer,
        Encode,
    }

    /// <summary>The values of the pickles that a file consists of, one after another.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="budget">What may be read of the file.</param>
    /// <exception cref="InvalidDataException">It is no pickle of plain data: what is wrong, without a full stop.</exception>
    public static IEnumerable<object?> ReadAll(byte[] bytes, ElementBudget budget)
    {
        var reader = new PickleReader(bytes, budget);
        do
        {
            yield return reader.ReadOne();
        }
        while (reader.position < bytes.Length);
    }

    /// <summary>The value of one pickle.</summary>
    /// <exception cref="InvalidDataException">It is no pickle of plain data.</exception>
    public static object? Read(byte[] bytes, ElementBudget budget) => new PickleReader(bytes, budget).ReadOne();

    private object? ReadOne()
    {
        stack.Clear();
        marks.Clear();
        memo.Clear();
        while (true)
        {
            byte code = Take(1)[0];
            if (code == '.')
            {
                return Finished(Pop());
            }
            Do(code);
        }
    }

    private void Do(byte code)
    {
        switch ((char)code)
        {
            case '\x80': Take(1); break;
            case '\x95': Take(8); break;
            case '(': marks.Push(stack.Count); break;
            case '0': Pop(); break;
            case '1': PopToMark(); break;
            case 'N': Push(null); break;
            case '\x88': Push(true); break;
            case '\x89': Push(false); break;
            case 'J': Push((double)BinaryPrimitives.ReadInt32LittleEndian(Take(4))); break;
            case 'K': Push((double)Take(1)[0]); break;
            case 'M': Push((double)BinaryPrimitives.ReadUInt16LittleEndian(Take(2))); break;
            case 'G': Push(BinaryPrimitives.ReadDoubleBigEndian(Take(8))); break;
            case '\x8a': Push((double)new BigInteger(Take(Take(1)[0]))); break;
            case 'I': Push(Line() switch { "00" => false, "01" => true, var text => TextNumber(text) }); break;
            case 'L': Push(TextNumber(Line().TrimEnd('L'))); break;
            case 'F': Push(TextNumber(Line())); break;
            case 'S': Push(Unescape(Line())); break;
            case 'V': Push(UnicodeEscape().Replace(Line(), static m => char.ConvertFromUtf32(CodeOf(m)))); break;
            case 'U': Push(Encoding.Latin1.GetString(Take(Take(1)[0]))); break;
            case 'T': Push(Encoding.Latin1.GetString(Take(Length32()))); break;
            case '\x8c': Push(Encoding.UTF8.GetString(Take(Take(1)[0]))); break;
            case 'X': Push(Encoding.UTF8.GetString(Take(Length32()))); break;
            case '\x8d': Push(Encoding.UTF8.GetString(Take(Length64()))); break;
            case 'C': Push(Take(Take(1)[0]).ToArray()); break;
            case 'B': Push(Take(Length32()).ToArray()); break;
            case '\x8e' or '\x96': Push(Take(Length64()).ToArray()); break;
            case ']' or ')': Push(NewList([])); break;
            case 'l' or 't': Push(NewList(PopToMark())); break;
            case '\x85': Push(NewList(PopLast(1))); break;
            case '\x86': Push(NewList(PopLast(2))); break;
            case '\x87': Push(NewList(PopLast(3))); break;
            case 'a': Append([Pop()]); break;
            case 'e': Append(PopToMark()); break;
            case '}': Push(NewDictionary()); break;
            case 'd':
                List<object?> pairs = PopToMark();
                Push(NewDictionary());
                SetItems(pairs);
                break;
            case 's': SetItems(PopLast(2)); break;
            case 'u': SetItems(PopToMark()); break;
            case 'p': memo[(int)TextNumber(Line())] = Top(); break;
            case 'q': memo[Take(1)[0]] = Top(); break;
            case 'r': memo[Length32()] = Top(); break;
            case '\x94': memo[memo.Count] = Top(); break;
            case 'g': Recall((int)TextNumber(Line())); break;
            case 'h': Recall(Take(1)[0]); break;
            case 'j': Recall(Length32()); break;
            case 'c': Push(Named(Line(), Line())); break;
            case '\x93':
                List<object?> name = PopLast(2);
                Push(Named(name[0] as string ?? "", name[1] as string ?? ""));
                break;
            case 'R':
                List<object?> call = PopLast(2);
                Push(Call(call[0], call[1] as List<object?> ?? throw Wrong()));
                break;
            case 'b':
                object? state = Pop();
                Build(Top(), state as List<object?> ?? throw Wrong());
                break;
            default:
                throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture,
                    $"the pickle's operation 0x{code:X2} at byte {position - 1} is not one of plain data, so it is not carried out"));
        }
    }

    private static Function Named(string module, string name) => (module, name) switch
    {
        ("numpy.core.multiarray" or "numpy._core.multiarray", "_reconstruct") => Function.Reconstruct,
        ("numpy.core.multiarray" or "numpy._core.multiarray", "scalar") => Function.Scalar,
        ("numpy.core.numeric" or "numpy._core.numeric", "_frombuffer") => Function.FromBuffer,
        ("numpy", "ndarray") => Function.ArrayClass,
        ("numpy", "dtype") => Function.Type,
        ("_codecs", "encode") => Function.Encode,
        _ => throw new InvalidDataException(
            $"the pickle names {TableException.Quote($"{module}.{name}")}, which is not carried out; save only numbers, lists, "
            + "dictionaries and arrays of numbers"),
    };

    private object? Call(object? function, List<object?> arguments)
    {
        switch (function)
        {
            case Function.Reconstruct when arguments is [Function.ArrayClass, ..]:
                Count();
                return new Unfinished();
            case Function.Type when arguments is [string code, ..]:
                return new PickledType(TypeOf(code));
            case Function.Scalar when arguments is [PickledType { Type: { IsObject: false } type }, byte[] value]
                && value.Length == type.Size:
                return type.Read(value);
            case Function.FromBuffer
                when arguments is [byte[] values, PickledType { Type: { IsObject: false } type }, List<object?> shape, string order]:
                Count();
                return new Unfinished { Array = NumpyArray.OfBytes(ShapeOf(shape), type, order == "F", values, budget) };
            case Function.Encode when arguments is [string text, string encoding] && encoding is "latin1" or "latin-1":
                return Latin1(text);
            default:
                throw Wrong();
        }
    }

    /// <summary>Sets the state of an array or of the type of its elements.</summary>
    private void Build(object? target, List<object?> state)
    {
        switch (target)
        {
            case PickledType type when state is [_, string order, ..]:
                type.Type = type.Type with { IsBigEndian = order == ">" };
                break;
            case Unfinished { Array: null } array
                when state is [.., List<object?> shape, PickledType { Type: var type }, bool isFortran, var data]:
                int[] lengths = ShapeOf(shape);
                array.Array = data switch
                {
                    byte[] values when !type.IsObject => NumpyArray.OfBytes(lengths, type, isFortran, values, budget),
                    // Python 2 had no bytes but strings, each character one.
                    string text when !type.IsObject => NumpyArray.OfBytes(lengths, type, isFortran, Latin1(text), budget),
                    List<object?> objects when type.IsObject && objects.Count == NumpyArray.CountOf(lengths)
                        && (!isFortran || lengths.Length == 1) => new(lengths, null, objects),
                    _ => throw Wrong(),
                };
                break;
            default:
                throw Wrong();
        }
    }

    private byte[] Latin1(string text)
    {
        budget.Spend(text.Length);
        return Encoding.Latin1.GetBytes(text);
    }

    private static NumpyType TypeOf(string code) => NumpyType.Find(code) ?? throw new InvalidDataException(
        $"an array has elements of the type {TableException.Quote(code)}, which are no numbers");

    private static int[] ShapeOf(List<object?> shape) =>
        [.. shape.Select(static length => length is double number && number == (int)number ? (int)number : throw Wrong())];

    private static object? Finished(object? value) => value switch
    {
        Unfinished array => array.Array ?? throw Wrong(),
        PickledType or Function => throw Wrong(),
        _ => value,
    };

    private static InvalidDataException Wrong() => new("the pickle is damaged, or has data other than numbers, lists, dictionaries and "
        + "arrays");

    private static InvalidDataException TooShort() => new("the pickle ends too early");

    private void Append(List<object?> items)
    {
        List<object?> list = Top() as List<object?> ?? throw Wrong();
        list.AddRange(items.Select(Finished));
    }

    private void SetItems(List<object?> pairs)
    {
        Dictionary<object, object?> dictionary = Top() as Dictionary<object, object?> ?? throw Wrong();
        for (int i = 0; i < pairs.Count; i += 2)
        {
            object key = pairs[i] is string or double ? pairs[i]! : throw Wrong();
            dictionary[key] = i + 1 < pairs.Count ? Finished(pairs[i + 1]) : throw Wrong();
        }
    }

    private List<object?> NewList(List<object?> items)
    {
        Count();
        for (int i = 0; i < items.Count; i++)
        {
            // Arrays may stand in tuples; types and functions stay, which arguments of calls have.
            items[i] = items[i] is Unfinished { Array: { } array } ? array : items[i];
        }
        return items;
    }

    private Dictionary<object, object?> NewDictionary()
    {
        Count();
        return [];
    }

    private void Count()
    {
        if (++containers > MaxContainers)
        {
            throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture,
                $"the pickle has more than {MaxContainers} lists, dictionaries and arrays"));
        }
    }

    private void Push(object? value) => stack.Add(value);

    private object? Top() => stack.Count > 0 ? stack[^1] : throw Wrong();

    private object? Pop()
    {
        object? top = Top();
        stack.RemoveAt(stack.Count - 1);
        return top;
    }

    private List<object?> PopToMark() =>
        marks.TryPop(out int mark) && mark <= stack.Count ? PopLast(stack.Count - mark) : throw Wrong();

    private List<object?> PopLast(int count)
    {
        if (stack.Count < count)
        {
            throw Wrong();
        }
        List<object?> last = stack[^count..];
        stack.RemoveRange(stack.Count - count, count);
        return last;
    }

    private void Recall(int key) => Push(memo.TryGetValue(key, out object? value) ? value : throw Wrong());

    private int Length32() =>
        BinaryPrimitives.ReadInt32LittleEndian(Take(4)) is var length and >= 0 ? length : throw TooShort();

    private int Length64() =>
        BinaryPrimitives.ReadInt64LittleEndian(Take(8)) is var length && length >= 0 && length <= bytes.Length ? (int)length
        : throw TooShort();

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > bytes.Length - position)
        {
            throw TooShort();
        }
        position += count;
        return bytes.AsSpan(position - count, count);
    }

    private string Line()
    {
        int length = bytes.AsSpan(position).IndexOf((byte)'\n');
        if (length < 0)
        {
            throw TooShort();
        }
        string line = Encoding.Latin1.GetString(Take(length));
        Take(1);
        return line.TrimEnd('\r');
    }

    private static double TextNumber(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : throw Wrong();

    /// <summary>A string as Python's repr writes it.</summary>
    private static string Unescape(string quoted)
    {
        if (quoted.Length < 2 || quoted[0] is not ('\'' or '"') || quoted[^1] != quoted[0])
        {
            throw Wrong();
        }
        var text = new StringBuilder();
        for (int i = 1; i < quoted.Length - 1; i++)
        {
            if (quoted[i] != '\\')
            {
                text.Append(quoted[i]);
                continue;
            }
            i++;
            if (quoted[i] == 'x')
            {
                text.Append(i + 2 < quoted.Length && byte.TryParse(
                    quoted.AsSpan(i + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out byte value)
                    ? (char)value : throw Wrong());
                i += 2;
                continue;
            }
            text.Append(quoted[i] switch
            {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                '\\' or '\'' or '"' => quoted[i],
                _ => throw Wrong(),
            });
        }
        return text.ToString();
    }

    [GeneratedRegex(@"\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})")]
    private static partial Regex UnicodeEscape();

    private static int CodeOf(Match escape)
    {
        string digits = escape.Groups[1].Success ? escape.Groups[1].Value : escape.Groups[2].Value;
        int code = int.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        // Halves of pairs are no characters.
        return Rune.IsValid(code) ? code : throw Wrong();
    }

    /// <summary>An array whose state comes later.</summary>
    private sealed class Unfinished
    {
        public NumpyArray? Array { get; set; }
    }

    /// <summary>A type whose byte order comes later.</summary>
    private sealed class PickledType(NumpyType type)
    {
        public NumpyType Type { get; set; } = type;
    }
}
