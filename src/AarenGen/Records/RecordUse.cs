namespace AarenGen;

/// <summary>What a record is read for. Values that are not read need not be valid.</summary>
internal enum RecordUse
{
    /// <summary>Training and evaluation, which read all values.</summary>
    Training,

    /// <summary>The next step of a stream, or a sequence to classify: what is predicted of them is not read.</summary>
    Input,

    /// <summary>A later record of a forecast: only its values known ahead are read.</summary>
    Ahead,

    /// <summary>The action that was taken.</summary>
    Action,
}
