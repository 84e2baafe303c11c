namespace AarenGen.Generator.Model;

/// <summary>
/// The type of a task's records as the user's code declares it: equal for equal types, wherever they stand. Nothing of it is checked.
/// </summary>
/// <param name="Name">Its name as messages show it.</param>
/// <param name="Type">Its full name as code writes it.</param>
/// <param name="Kind">What it is, where it is neither a class nor a struct that can hold records; null where it is.</param>
/// <param name="IsAccessible">Whether the model's members can take it.</param>
/// <param name="Properties">The properties that have a role, those of base classes first.</param>
/// <param name="Construction">How code makes one.</param>
internal sealed record RecordDeclaration(
    string Name, string Type, string? Kind, bool IsAccessible, EquatableArray<RecordProperty> Properties, RecordConstruction Construction);

/// <summary>A property that has a role.</summary>
/// <param name="Name">Its name, without @.</param>
/// <param name="Kind">The kind of its type, without nullability.</param>
/// <param name="TypeName">Its type as messages show it.</param>
/// <param name="IsNullable">Whether it may be null.</param>
/// <param name="Attributes">The attributes that give it a role: one, unless the user made a mistake.</param>
internal sealed record RecordProperty(
    string Name, RecordValueKind Kind, string TypeName, bool IsNullable, EquatableArray<ComponentDeclaration> Attributes)
{
    /// <summary>The enum of its type; null for another type.</summary>
    public EnumDeclaration? Enum { get; init; }

    /// <summary>Why its value cannot be read; null where it can.</summary>
    public string? Obstacle { get; init; }

    /// <summary>Whether the compiler reports a mistake in it, so that nothing else is said.</summary>
    public bool IsBroken { get; init; }
}

/// <summary>An enum: its full name as code writes it, its members, and whether the model's base class can name it.</summary>
internal sealed record EnumDeclaration(string Type, bool IsFlags, EquatableArray<EnumMember> Members, bool IsAccessible);

/// <summary>A value of an enum, with the first of its names. Members are in the order of their values.</summary>
internal sealed record EnumMember(string Name, string Value);

/// <summary>How code makes a record. Obstacle: why it cannot; null where it can.</summary>
internal sealed record RecordConstruction(
    string? Obstacle, EquatableArray<ConstructorArgument> Arguments, EquatableArray<string> Initialized);

/// <summary>A parameter of a record's constructor, and the property that gives its value.</summary>
internal sealed record ConstructorArgument(string Parameter, string Property);

/// <summary>What the generator knows of a property's type.</summary>
internal enum RecordValueKind
{
    Other,
    Single,
    Double,
    Decimal,
    SByte,
    Byte,
    Int16,
    UInt16,
    Int32,
    UInt32,
    Int64,
    UInt64,
    Boolean,
    Enum,
    Text,
    DateTime,
    DateTimeOffset,
}

internal static class RecordValueKinds
{
    /// <summary>Whether it is a whole number.</summary>
    public static bool IsInteger(this RecordValueKind kind) => kind is >= RecordValueKind.SByte and <= RecordValueKind.UInt64;

    /// <summary>Whether it is a number with a fraction.</summary>
    public static bool IsFractional(this RecordValueKind kind) =>
        kind is RecordValueKind.Single or RecordValueKind.Double or RecordValueKind.Decimal;

    /// <summary>Whether it is a number or a truth value.</summary>
    public static bool IsReal(this RecordValueKind kind) => kind is >= RecordValueKind.Single and <= RecordValueKind.Boolean;

    /// <summary>How many whole numbers from 0 on a type holds, as far as that matters.</summary>
    public static int Capacity(this RecordValueKind kind) => kind switch
    {
        RecordValueKind.SByte => 1 + sbyte.MaxValue,
        RecordValueKind.Byte => 1 + byte.MaxValue,
        RecordValueKind.Int16 => 1 + short.MaxValue,
        RecordValueKind.UInt16 => 1 + ushort.MaxValue,
        _ => int.MaxValue,
    };

    /// <summary>The keyword of a number's type.</summary>
    public static string Keyword(this RecordValueKind kind) => kind switch
    {
        RecordValueKind.Single => "float",
        RecordValueKind.SByte => "sbyte",
        RecordValueKind.Byte => "byte",
        RecordValueKind.Int16 => "short",
        RecordValueKind.UInt16 => "ushort",
        RecordValueKind.Int32 => "int",
        RecordValueKind.UInt32 => "uint",
        RecordValueKind.Int64 => "long",
        RecordValueKind.UInt64 => "ulong",
        RecordValueKind.Boolean => "bool",
        RecordValueKind.Decimal => "decimal",
        _ => "double",
    };
}
