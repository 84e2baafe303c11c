using System.ComponentModel;

namespace AarenGen;

/// <summary>
/// How the library reads a record type. Generated code implements it explicitly, without boxing and without allocation.
/// </summary>
/// <typeparam name="TRecord">The record type.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public interface IRecordBinding<TRecord>
{
    /// <summary>The values of a record, in the order of their roles, and within them as declared.</summary>
    static abstract IReadOnlyList<RecordColumn> Columns { get; }

    /// <summary>Whether records have a time.</summary>
    static virtual bool HasTime => true;

    /// <summary>The key of a record's series; empty where the record has none.</summary>
    /// <param name="record">The record.</param>
    /// <exception cref="RecordException">The key is null.</exception>
    static abstract string GetKey(TRecord record);

    /// <summary>Whether a record belongs to a series; without allocation.</summary>
    /// <param name="record">The record.</param>
    /// <param name="key">The series' key.</param>
    static abstract bool HasKey(TRecord record, string key);

    /// <summary>The time of a record; unspecified where records have none.</summary>
    /// <param name="record">The record.</param>
    /// <exception cref="RecordException">The time is not in UTC, and its zone is unknown.</exception>
    static abstract DateTimeOffset GetTime(TRecord record);

    /// <summary>Copies out the values of a record. The library checks those that it reads.</summary>
    /// <param name="record">The record.</param>
    /// <param name="values">
    /// [Columns]: filled; NaN: missing, of a category too; infinity: a category that is none of the declared ones.
    /// </param>
    static abstract void GetValues(TRecord record, Span<double> values);

    /// <summary>A value as the record has it, for messages.</summary>
    /// <param name="record">The record.</param>
    /// <param name="column">The value's column.</param>
    static abstract object? GetValue(TRecord record, int column);
}
