using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;

namespace AarenGen.Data;

/// <summary>A table in Arrow's file or stream format. In memory is one batch of rows.</summary>
internal sealed class ArrowTable : BlockTable
{
    private readonly Stream stream;
    private readonly ArrowStreamReader reader;
    private readonly string[]?[] dictionaries;
    private RecordBatch? batch;

    public ArrowTable(string path, TableOptions options, FileSource source, TableFormat format)
        : base(path, options)
    {
        if (format == TableFormat.ArrowFile)
        {
            // The file format is read from its end.
            source.Dispose();
            stream = FileSource.Guard(path, () => File.OpenRead(path));
        }
        else
        {
            stream = source.FromStart();
        }
        Schema schema;
        try
        {
            var codecs = new CompressionCodecFactory();
            reader = Guarded(() => format == TableFormat.ArrowFile ? new ArrowFileReader(stream, codecs)
                : new ArrowStreamReader(stream, codecs));
            schema = Guarded(() => reader.GetSchema().AsTask().GetAwaiter().GetResult());
            if (schema.FieldsList.FirstOrDefault(static f => f.DataType is NestedType or UnionType) is { } nested)
            {
                throw new TableException(path, null, nested.Name,
                    "the column is nested (a list, a map or a struct); write its values as columns of their own, or leave it out.");
            }
            if (schema.FieldsList.Count == 0)
            {
                throw new TableException(path, null, null, "the table has no columns; add some.");
            }
        }
        catch
        {
            stream.Dispose();
            throw;
        }
        dictionaries = new string[]?[schema.FieldsList.Count];
        SetBlockColumns([.. schema.FieldsList.Select(static f => new ColumnDescription(f.Name, TypeOf(f.DataType)))]);
    }

    public override string Format => "Arrow";

    private protected override int? NextBlock()
    {
        Release();
        System.Array.Clear(dictionaries);
        batch = reader.ReadNextRecordBatch();
        return batch?.Length;
    }

    private protected override void Load(int column, BlockColumn values)
    {
        IArrowArray array = batch!.Column(column);
        int rows = array.Length;
        switch (array)
        {
            case FloatArray a: LoadNumbers(values, rows, row => a.GetValue(row) ?? double.NaN); break;
            case DoubleArray a: LoadNumbers(values, rows, row => a.GetValue(row) ?? double.NaN); break;
            case HalfFloatArray a: LoadNumbers(values, rows, row => a.GetValue(row) is { } v ? (double)v : double.NaN); break;
            case Decimal128Array a: LoadNumbers(values, rows, row => a.GetSqlDecimal(row) is { } v ? v.ToDouble() : double.NaN); break;
            case Decimal256Array a: LoadNumbers(values, rows, row => a.GetString(row) is { } v ? ToDouble(v) : double.NaN); break;
            case Int8Array a: LoadIntegers(values, BlockValues.Integers, rows, row => a.GetValue(row)); break;
            case Int16Array a: LoadIntegers(values, BlockValues.Integers, rows, row => a.GetValue(row)); break;
            case Int32Array a: LoadIntegers(values, BlockValues.Integers, rows, row => a.GetValue(row)); break;
            case Int64Array a: LoadIntegers(values, BlockValues.Integers, rows, row => a.GetValue(row)); break;
            case UInt8Array a: LoadIntegers(values, BlockValues.Integers, rows, row => a.GetValue(row)); break;
            case UInt16Array a: LoadIntegers(values, BlockValues.Integers, rows, row => a.GetValue(row)); break;
            case UInt32Array a: LoadIntegers(values, BlockValues.Integers, rows, row => a.GetValue(row)); break;
            case UInt64Array a: LoadIntegers(values, BlockValues.Unsigned, rows, row => (long?)a.GetValue(row)); break;
            case BooleanArray a:
                LoadIntegers(values, BlockValues.Booleans, rows, row => a.GetValue(row) is { } v ? v ? 1 : 0 : null);
                break;
            case Date32Array a:
                LoadIntegers(values, BlockValues.Times, rows, row => a.GetValue(row) is { } v ? Ticks(v, TimeSpan.TicksPerDay) : null);
                break;
            case Date64Array a:
                LoadIntegers(values, BlockValues.Times, rows,
                    row => a.GetValue(row) is { } v ? Ticks(v, TimeSpan.TicksPerMillisecond) : null);
                break;
            case TimestampArray a:
                var type = (TimestampType)a.Data.DataType;
                LoadIntegers(values, BlockValues.Times, rows, row => a.GetValue(row) is { } v ? Ticks(v, type.Unit) : null,
                    isUtc: !string.IsNullOrEmpty(type.Timezone));
                break;
            case StringArray a: LoadTexts(values, rows, row => a.GetString(row)); break;
            case LargeStringArray a: LoadTexts(values, rows, row => a.GetString(row)); break;
            case StringViewArray a: LoadTexts(values, rows, row => a.GetString(row)); break;
            case DictionaryArray a: LoadDictionary(column, values, a); break;
            case NullArray: LoadTexts(values, rows, static _ => null); break;
            default: LoadIntegers(values, BlockValues.Others, rows, row => array.IsNull(row) ? null : 0); break;
        }
    }

    private protected override void Close()
    {
        Release();
        reader.Dispose();
        stream.Dispose();
    }

    /// <summary>
    /// Gives the batch's memory back. A dictionary belongs to all batches, but to dispose of a column of it disposes of the dictionary,
    /// too; the garbage collector takes these columns.
    /// </summary>
    private void Release()
    {
        foreach (IArrowArray array in batch?.Arrays ?? [])
        {
            if (array is not DictionaryArray)
            {
                array.Dispose();
            }
        }
    }

    private static ColumnType TypeOf(IArrowType type) => type.TypeId switch
    {
        ArrowTypeId.Float or ArrowTypeId.Double or ArrowTypeId.HalfFloat or ArrowTypeId.Decimal128 or ArrowTypeId.Decimal256 =>
            ColumnType.Number,
        ArrowTypeId.Int8 or ArrowTypeId.Int16 or ArrowTypeId.Int32 or ArrowTypeId.Int64 or ArrowTypeId.UInt8 or ArrowTypeId.UInt16
            or ArrowTypeId.UInt32 or ArrowTypeId.UInt64 => ColumnType.WholeNumber,
        ArrowTypeId.Boolean => ColumnType.Boolean,
        ArrowTypeId.Date32 or ArrowTypeId.Date64 or ArrowTypeId.Timestamp => ColumnType.Time,
        _ => ColumnType.Text,
    };

    private static double ToDouble(string text) =>
        double.Parse(text, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture);

    private static long Ticks(long value, TimeUnit unit) => unit switch
    {
        TimeUnit.Second => Ticks(value, TimeSpan.TicksPerSecond),
        TimeUnit.Millisecond => Ticks(value, TimeSpan.TicksPerMillisecond),
        TimeUnit.Microsecond => Ticks(value, TimeSpan.TicksPerMicrosecond),
        _ => Ticks(value / TimeSpan.NanosecondsPerTick - (value % TimeSpan.NanosecondsPerTick < 0 ? 1 : 0), 1),
    };

    /// <summary>
    /// The ticks of a count of units since 1970. Only a row that is asked for may be an error, so that none is thrown here.
    /// </summary>
    private static long Ticks(long value, long ticksPerUnit) =>
        (Int128)value * ticksPerUnit + DateTime.UnixEpoch.Ticks is var ticks && ticks >= 0 && ticks <= DateTime.MaxValue.Ticks
            ? (long)ticks : BlockColumn.BeyondCalendar;

    private static void LoadNumbers(BlockColumn values, int rows, Func<int, double> get)
    {
        double[] numbers = values.StartNumbers(rows);
        for (int row = 0; row < rows; row++)
        {
            numbers[row] = get(row);
        }
    }

    private static void LoadIntegers(BlockColumn values, BlockValues kind, int rows, Func<int, long?> get, bool isUtc = false)
    {
        (long[] integers, bool[] missing) = values.StartIntegers(kind, rows, isUtc);
        for (int row = 0; row < rows; row++)
        {
            long? value = get(row);
            (integers[row], missing[row]) = (value ?? 0, value is null);
        }
    }

    private static void LoadTexts(BlockColumn values, int rows, Func<int, string?> get)
    {
        string?[] texts = values.StartTexts(rows);
        for (int row = 0; row < rows; row++)
        {
            texts[row] = get(row);
        }
    }

    /// <summary>A text of the dictionary is made once a batch, not once a row.</summary>
    private void LoadDictionary(int column, BlockColumn values, DictionaryArray array)
    {
        string[] words = dictionaries[column] ??= array.Dictionary switch
        {
            StringArray a => [.. Enumerable.Range(0, a.Length).Select(i => a.GetString(i) ?? "")],
            LargeStringArray a => [.. Enumerable.Range(0, a.Length).Select(i => a.GetString(i) ?? "")],
            _ => throw new TableException(Path, null, Columns[column].Name,
                "the column is a dictionary of values that are no texts; write it as a plain column."),
        };
        IArrowArray indices = array.Indices;
        Func<int, long?> get = indices switch
        {
            Int8Array a => row => a.GetValue(row),
            Int16Array a => row => a.GetValue(row),
            Int32Array a => row => a.GetValue(row),
            Int64Array a => row => a.GetValue(row),
            UInt8Array a => row => a.GetValue(row),
            UInt16Array a => row => a.GetValue(row),
            UInt32Array a => row => a.GetValue(row),
            _ => throw new TableException(Path, null, Columns[column].Name, "the dictionary's indices have a type that is not read."),
        };
        string?[] texts = values.StartTexts(array.Length);
        for (int row = 0; row < array.Length; row++)
        {
            texts[row] = get(row) is { } index ? words[checked((int)index)] : null;
        }
    }
}
