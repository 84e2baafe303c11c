using Parquet;
using Parquet.Schema;

namespace AarenGen.Data;

/// <summary>A table in a Parquet file. In memory is one group of rows, and of it the columns that are asked for.</summary>
internal sealed class ParquetTable : BlockTable
{
    // What a group may claim: a column of nearly one value takes less than a bit for a row, but a file of few bytes must not take the
    // memory of endless rows.
    private const long MostRowsPerByte = 64, MostRowsOfSmallFile = 1 << 24;

    private readonly FileStream file;
    private readonly ParquetReader reader;
    private readonly DataField[] fields;
    private readonly Array?[] buffers;
    private readonly TextPool?[] pools;
    private ParquetRowGroupReader? group;
    private int next;

    public ParquetTable(string path, TableOptions options, FileSource source)
        : base(path, options)
    {
        // Parquet is read from its end.
        source.Dispose();
        file = FileSource.Guard(path, () => File.OpenRead(path));
        try
        {
            reader = Guarded(() => ParquetReader.CreateAsync(file).GetAwaiter().GetResult());
            if (reader.Schema.Fields.FirstOrDefault(static f => f is not DataField { IsArray: false }) is { } nested)
            {
                throw new TableException(path, null, nested.Name,
                    "the column is nested (a list, a map or a struct); write its values as columns of their own, or leave it out.");
            }
            fields = reader.Schema.DataFields;
            if (fields.Length == 0)
            {
                throw new TableException(path, null, null, "the table has no columns; add some.");
            }
        }
        catch
        {
            file.Dispose();
            throw;
        }
        (buffers, pools) = (new Array?[fields.Length], new TextPool?[fields.Length]);
        SetBlockColumns([.. fields.Select(static f => new ColumnDescription(f.Name, TypeOf(f.ClrType)))]);
    }

    public override string Format => "Parquet";

    private protected override int? NextBlock()
    {
        group?.Dispose();
        group = null;
        if (next == reader.RowGroupCount)
        {
            return null;
        }
        group = reader.OpenRowGroupReader(next++);
        long claimed = group.RowCount;
        return claimed >= 0 && claimed <= Math.Min(Array.MaxLength, MostRowsOfSmallFile + MostRowsPerByte * file.Length) ? (int)claimed
            : throw new TableException(Path, null, null, string.Create(System.Globalization.CultureInfo.InvariantCulture,
                $"a group of rows claims {claimed:N0} rows, more than a file of {file.Length:N0} bytes may hold; write it again, with "
                + $"smaller groups of rows."));
    }

    private protected override void Load(int column, BlockColumn values)
    {
        DataField field = fields[column];
        Type type = field.ClrType;
        if (type == typeof(float))
        {
            LoadNumbers<float>(column, values, static v => v);
        }
        else if (type == typeof(double))
        {
            LoadNumbers<double>(column, values, static v => v);
        }
        else if (type == typeof(decimal))
        {
            LoadNumbers<decimal>(column, values, static v => (double)v);
        }
        else if (type == typeof(bool))
        {
            LoadIntegers<bool>(column, values, BlockValues.Booleans, static v => v ? 1 : 0);
        }
        else if (type == typeof(sbyte))
        {
            LoadIntegers<sbyte>(column, values, BlockValues.Integers, static v => v);
        }
        else if (type == typeof(byte))
        {
            LoadIntegers<byte>(column, values, BlockValues.Integers, static v => v);
        }
        else if (type == typeof(short))
        {
            LoadIntegers<short>(column, values, BlockValues.Integers, static v => v);
        }
        else if (type == typeof(ushort))
        {
            LoadIntegers<ushort>(column, values, BlockValues.Integers, static v => v);
        }
        else if (type == typeof(int))
        {
            LoadIntegers<int>(column, values, BlockValues.Integers, static v => v);
        }
        else if (type == typeof(uint))
        {
            LoadIntegers<uint>(column, values, BlockValues.Integers, static v => v);
        }
        else if (type == typeof(long))
        {
            LoadIntegers<long>(column, values, BlockValues.Integers, static v => v);
        }
        else if (type == typeof(ulong))
        {
            LoadIntegers<ulong>(column, values, BlockValues.Unsigned, static v => (long)v);
        }
        else if (type == typeof(DateTime))
        {
            LoadIntegers<DateTime>(
                column, values, BlockValues.Times, static v => v.Ticks, field is DateTimeDataField { IsAdjustedToUTC: true });
        }
        else if (type == typeof(DateOnly))
        {
            LoadIntegers<DateOnly>(column, values, BlockValues.Times, static v => v.ToDateTime(TimeOnly.MinValue).Ticks);
        }
        else if (IsText(type))
        {
            string?[] texts = values.StartTexts(Rows);
            TextPool pool = pools[column] ??= new();
            ReadValues<ReadOnlyMemory<char>>(column, (row, value) => texts[row] = value is { } text ? pool.Get(text.Span) : null);
        }
        else
        {
            LoadOthers(column, values, type);
        }
    }

    private protected override void Close()
    {
        group?.Dispose();
        reader.DisposeAsync().AsTask().GetAwaiter().GetResult();
        file.Dispose();
    }

    /// <summary>The library calls texts memory of characters.</summary>
    private static bool IsText(Type type) => type == typeof(string) || type == typeof(ReadOnlyMemory<char>);

    private int Rows => checked((int)group!.RowCount);

    private static ColumnType TypeOf(Type type) =>
        type == typeof(float) || type == typeof(double) || type == typeof(decimal) ? ColumnType.Number
        : type == typeof(bool) ? ColumnType.Boolean
        : type == typeof(DateTime) || type == typeof(DateOnly) ? ColumnType.Time
        : IsText(type) || !type.IsPrimitive ? ColumnType.Text : ColumnType.WholeNumber;

    private void LoadNumbers<T>(int column, BlockColumn values, Func<T, double> convert)
        where T : struct
    {
        double[] numbers = values.StartNumbers(Rows);
        ReadValues<T>(column, (row, value) => numbers[row] = value is { } v ? convert(v) : double.NaN);
    }

    private void LoadIntegers<T>(int column, BlockColumn values, BlockValues kind, Func<T, long> convert, bool isUtc = false)
        where T : struct
    {
        (long[] integers, bool[] missing) = values.StartIntegers(kind, Rows, isUtc);
        ReadValues<T>(column, (row, value) => (integers[row], missing[row]) = (value is { } v ? convert(v) : 0, value is null));
    }

    /// <summary>Reads which of the values are missing.</summary>
    private void LoadOthers(int column, BlockColumn values, Type type)
    {
        if (!fields[column].IsNullable)
        {
            (_, bool[] missing) = values.StartIntegers(BlockValues.Others, Rows);
            missing.AsSpan().Clear();
        }
        else if (type == typeof(byte[]) || type == typeof(ReadOnlyMemory<byte>))
        {
            LoadIntegers<ReadOnlyMemory<byte>>(column, values, BlockValues.Others, static _ => 0);
        }
        else if (type == typeof(TimeSpan))
        {
            LoadIntegers<TimeSpan>(column, values, BlockValues.Others, static _ => 0);
        }
        else if (type == typeof(TimeOnly))
        {
            LoadIntegers<TimeOnly>(column, values, BlockValues.Others, static _ => 0);
        }
        else if (type == typeof(Guid))
        {
            LoadIntegers<Guid>(column, values, BlockValues.Others, static _ => 0);
        }
        else
        {
            throw new TableException(Path, null, Columns[column].Name, "the column holds values that are not read; convert or remove it.");
        }
    }

    private void ReadValues<T>(int column, Action<int, T?> set)
        where T : struct
    {
        DataField field = fields[column];
        if (field.IsNullable)
        {
            Memory<T?> read = Buffer<T?>(column);
            group!.ReadAsync<T>(field, read).AsTask().GetAwaiter().GetResult();
            ReadOnlySpan<T?> values = read.Span;
            for (int row = 0; row < values.Length; row++)
            {
                set(row, values[row]);
            }
            return;
        }
        Memory<T> plain = Buffer<T>(column);
        group!.ReadAsync<T>(field, plain).AsTask().GetAwaiter().GetResult();
        ReadOnlySpan<T> all = plain.Span;
        for (int row = 0; row < all.Length; row++)
        {
            set(row, all[row]);
        }
    }

    /// <summary>Room for a column of the group, the same for all groups if they are no longer.</summary>
    private Memory<T> Buffer<T>(int column)
    {
        if (buffers[column] is not T[] buffer || buffer.Length < Rows)
        {
            buffers[column] = buffer = new T[Rows];
        }
        return buffer.AsMemory(0, Rows);
    }
}
