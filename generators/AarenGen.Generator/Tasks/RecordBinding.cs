using AarenGen.Generator.Diagnostics;
using AarenGen.Generator.Model;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Tasks;

/// <summary>The properties of a task's records, each checked for its role.</summary>
internal sealed class RecordBinding
{
    private const string Key = "SeriesKey", Timestamp = "Timestamp", Aggregation = "Aggregation";
    private const string Cardinality = "Cardinality", Names = "Names";

    private static readonly string[] Aggregations = ["Mean", "Sum", "First", "Last", "Min", "Max", "Count"];

    private readonly List<ColumnPlan> columns = [];
    private readonly RecordDeclaration record;
    private readonly DiagnosticBag diagnostics;
    private readonly DiagnosticLocation task;
    private readonly string taskName, model;
    private readonly RecordRoles roles;

    private RecordBinding(RecordDeclaration record, ComponentDeclaration task, string model, RecordRoles roles, DiagnosticBag diagnostics)
    {
        (this.record, this.task, taskName, this.model) = (record, diagnostics.LocationOf(task), task.Name, model);
        (this.roles, this.diagnostics) = (roles, diagnostics);
    }

    /// <summary>The property of the series' key; null: there is none.</summary>
    public RecordProperty? SeriesKey { get; private set; }

    /// <summary>The property of the time; null: there is none.</summary>
    public RecordProperty? Time { get; private set; }

    /// <summary>The values of a record: numbers, then categories, both in the order of their roles; each as declared.</summary>
    public IReadOnlyList<ColumnPlan> Columns => [.. columns.OrderBy(static c => c.Cardinality > 0).ThenBy(static c => c.Role)];

    /// <summary>Whether an interval may have several records.</summary>
    public bool IsAggregated { get; private set; }

    /// <summary>Whether nothing is missing: false after a mistake, also one that only the compiler reports.</summary>
    public bool IsComplete { get; private set; } = true;

    /// <param name="record">The type of the records.</param>
    /// <param name="task">The component that names it.</param>
    /// <param name="model">The model's name.</param>
    /// <param name="roles">What properties may be.</param>
    /// <param name="diagnostics">Takes mistakes.</param>
    public static RecordBinding Of(
        RecordDeclaration record, ComponentDeclaration task, string model, RecordRoles roles, DiagnosticBag diagnostics)
    {
        var binding = new RecordBinding(record, task, model, roles, diagnostics);
        if (record.Kind is not null)
        {
            binding.Report(null, null, DiagnosticDescriptors.RecordKind, record.Name, record.Kind);
            return binding;
        }
        if (!record.IsAccessible)
        {
            binding.Report(null, null, DiagnosticDescriptors.RecordInaccessible, record.Name, model);
        }
        foreach (RecordProperty property in record.Properties)
        {
            binding.Add(property);
        }
        if (roles.NeedsKey && binding.SeriesKey is null && binding.IsComplete)
        {
            binding.ReportMissing(Key, "the property that says which sequence a record belongs to");
        }
        if (roles.NeedsTime && binding.Time is null && binding.IsComplete)
        {
            binding.Report(
                null, null, DiagnosticDescriptors.MissingColumn, record.Name, Timestamp, "the property that says when a record was made");
        }
        return binding;
    }

    /// <summary>Reports that no property has a role that the task needs.</summary>
    public void ReportMissing(string role, string what) =>
        Report(null, null, DiagnosticDescriptors.MissingColumn, record.Name, role, what);

    /// <summary>Reports what makes a property unusable for the task.</summary>
    /// <param name="column">The property.</param>
    /// <param name="argument">The argument of its attribute that is wrong, as "[0].Min"; null: the property.</param>
    /// <param name="id">The diagnostic.</param>
    /// <param name="arguments">Those of its message.</param>
    public void ReportColumn(ColumnPlan column, string? argument, string id, params object[] arguments) =>
        Report(column.Property, argument, id, arguments);

    /// <summary>A view has a property for each of some columns, beside members of its own and those of every value type.</summary>
    /// <param name="shown">The columns.</param>
    /// <param name="members">The view's own members; the first one is its name.</param>
    /// <param name="declaration">The model.</param>
    public void CheckViewNames(IEnumerable<ColumnPlan> shown, string[] members, Declaration declaration)
    {
        var taken = new HashSet<string>(members.Concat(declaration.Members.Object), StringComparer.Ordinal);
        foreach (ColumnPlan column in shown.Where(c => GeneratedMembers.Takes(taken, c.Property.Name)))
        {
            // Nothing else is wrong with it.
            diagnostics.Add(DiagnosticInfo.At(
                LocationOf(column.Property), DiagnosticDescriptors.BadTargetName, column.Property.Name, declaration.Name, members[0],
                column.Role));
        }
    }

    /// <summary>Where a property stands.</summary>
    public DiagnosticLocation LocationOf(RecordProperty property) => task with { Argument = null, Member = property.Name };

    private void Add(RecordProperty property)
    {
        if (property.IsBroken)
        {
            IsComplete = false;
            return;
        }
        ComponentDeclaration attribute = property.Attributes[0];
        if (property.Attributes.Count > 1)
        {
            Report(
                property, "[1]", DiagnosticDescriptors.SeveralRoles, property.Name, attribute.Name, property.Attributes[1].Name);
        }
        if (property.Obstacle is { } obstacle)
        {
            Report(property, null, DiagnosticDescriptors.UnreadableProperty, property.Name, obstacle, attribute.Name);
        }
        if (attribute.Has("Column") && string.IsNullOrEmpty(attribute.Text("Column")?.Trim(' ', '_', '-')))
        {
            Report(property, "[0].Column", DiagnosticDescriptors.BadColumnName, property.Name);
        }
        switch (attribute.Name)
        {
            case Key:
                SeriesKey = Identity(
                    property, SeriesKey, property.Kind == RecordValueKind.Text || property.Kind.IsInteger(), "a string or a whole number");
                break;
            case Timestamp:
                Time = Identity(
                    property, Time, property.Kind is RecordValueKind.DateTime or RecordValueKind.DateTimeOffset,
                    "a DateTimeOffset or a DateTime");
                break;
            default:
                if (Enum.TryParse(attribute.Name, out ColumnRole role))
                {
                    AddColumn(property, attribute, role);
                    break;
                }
                Report(property, "[0]", DiagnosticDescriptors.UnknownComponent, attribute.Name);
                break;
        }
    }

    private void AddColumn(RecordProperty property, ComponentDeclaration attribute, ColumnRole role)
    {
        if (!roles.Values.Contains(role))
        {
            string others = string.Join(", ", roles.Values.Select(static r => $"[{r}]"));
            Report(
                property, "[0]", DiagnosticDescriptors.RoleNotOfTask, $"[{role}]", property.Name, taskName, "have values of " + others);
        }
        else if (role.IsSingle() && columns.FirstOrDefault(c => c.Role == role) is { } earlier)
        {
            Report(property, null, DiagnosticDescriptors.RepeatedRole, attribute.Name, earlier.Property.Name, property.Name);
        }
        else if (role.IsCategorical() || (role == ColumnRole.Action && !property.Kind.IsFractional()))
        {
            AddCategory(property, attribute, role);
        }
        else
        {
            AddValue(property, attribute, role);
        }
    }

    /// <summary>The key or the time: one property, which is never null.</summary>
    private RecordProperty Identity(RecordProperty property, RecordProperty? earlier, bool isOfType, string types)
    {
        string role = property.Attributes[0].Name;
        if (earlier is not null)
        {
            Report(property, null, DiagnosticDescriptors.RepeatedRole, role, earlier.Name, property.Name);
            return earlier;
        }
        if (!isOfType)
        {
            Unsupported(property, types);
        }
        else if (property.IsNullable)
        {
            Report(property, null, DiagnosticDescriptors.NullableIdentity, role, property.Name, property.TypeName);
        }
        return property;
    }

    private void AddValue(RecordProperty property, ComponentDeclaration attribute, ColumnRole role)
    {
        if (!property.Kind.IsReal())
        {
            Unsupported(property, "a number or a bool");
        }
        int aggregation = attribute.Integer(Aggregation);
        if (aggregation < 0 || aggregation >= Aggregations.Length)
        {
            Report(
                property, "[0].Aggregation", DiagnosticDescriptors.UndefinedValue, Aggregation, attribute.Name, aggregation,
                string.Join(", ", Aggregations));
            aggregation = 0;
        }
        if (attribute.Has(Aggregation) && !roles.AreAggregated)
        {
            Report(
                property, "[0].Aggregation", DiagnosticDescriptors.RoleNotOfTask, Aggregation, property.Name, taskName,
                "are each a token of their own");
        }
        IsAggregated |= attribute.Has(Aggregation);
        columns.Add(new(property, role, Aggregations[aggregation], 0, new([])));
    }

    private void AddCategory(RecordProperty property, ComponentDeclaration attribute, ColumnRole role)
    {
        EquatableArray<string> names = attribute.Texts(Names);
        int cardinality = 1;
        if (!(property.Kind is RecordValueKind.Enum or RecordValueKind.Boolean or RecordValueKind.Text || property.Kind.IsInteger()))
        {
            Unsupported(
                property, role == ColumnRole.Action ? "a number, an enum, a bool or a string"
                    : "an enum, a bool, a whole number or a string");
        }
        else if (property.Kind.IsInteger())
        {
            cardinality = CardinalityOf(property, attribute, role);
        }
        else if (property.Kind == RecordValueKind.Text)
        {
            cardinality = CheckNames(property, names);
        }
        else if (attribute.Has(Cardinality) || attribute.Has(Names))
        {
            Wrong(
                property, "[0]", $"the categories of {(property.Enum is null ? "a bool" : "an enum")} follow from its type",
                $"write [{role}] without arguments");
        }
        else
        {
            cardinality = property.Enum is { } type ? CheckEnum(property, type) : 2;
        }
        if (role.IsPredicted())
        {
            CheckLabel(property, cardinality);
        }
        var column = new ColumnPlan(property, role, "Last", cardinality, property.Kind == RecordValueKind.Text ? names : new([]));
        columns.Add(column with { Cardinality = cardinality + (column.HasMissingCategory ? 1 : 0) });
    }

    private void CheckLabel(RecordProperty property, int cardinality)
    {
        if (cardinality < 2 && IsComplete)
        {
            Wrong(property, null, $"one {property.Attributes[0].Name.ToLowerInvariant()} tells nothing", "add the others");
        }
        if (property.Enum is { IsAccessible: false })
        {
            Report(property, null, DiagnosticDescriptors.RecordInaccessible, property.TypeName, model);
        }
    }

    private int CardinalityOf(RecordProperty property, ComponentDeclaration attribute, ColumnRole role)
    {
        if (!attribute.Has(Cardinality))
        {
            Wrong(
                property, "[0]", "a whole number has no known categories",
                $"write how many there are, such as [{role}(7)] for 0 to 6"
                    + (role == ColumnRole.Action ? ", or make it a float for a number on a real scale" : ""));
            return 1;
        }
        (int min, int max) = role.IsPredicted()
            ? (2, Math.Min(Limits.NamedCategories, property.Kind.Capacity())) : (1, Limits.Cardinality - 1);
        int cardinality = attribute.Integer(Cardinality);
        if (cardinality >= min && cardinality <= max)
        {
            return cardinality;
        }
        Report(
            property, $"[0].{Cardinality}", DiagnosticDescriptors.OutOfRange, Cardinality, role, cardinality,
            FormattableString.Invariant($"from {min} to {max}"));
        return min;
    }

    private int CheckNames(RecordProperty property, EquatableArray<string> names)
    {
        if (names.Count == 0)
        {
            Wrong(
                property, "[0]", "a string has no known categories",
                $"write their names, such as [{property.Attributes[0].Name}(\"low\", \"high\")]");
        }
        else if (names.Count > Limits.NamedCategories)
        {
            TooMany(property, names.Count);
        }
        for (int i = 0; i < names.Count; i++)
        {
            string at = $"[0].{Names}[{Literal.Number(i)}]";
            if (names[i].Trim() != names[i] || names[i].Length == 0)
            {
                Wrong(property, at, $"the name '{names[i]}' is empty or has spaces around it", "write it as records and tables have it");
            }
            else if (names.Take(i).Contains(names[i]))
            {
                Wrong(property, at, $"it has '{names[i]}' twice", "write each name once");
            }
        }
        return Math.Max(1, names.Count);
    }

    private int CheckEnum(RecordProperty property, EnumDeclaration type)
    {
        if (type.IsFlags)
        {
            Wrong(
                property, null, $"{property.TypeName} is an enum of flags, whose values combine",
                "give each flag a property of type bool, or remove [Flags]");
        }
        else if (type.Members.Count == 0)
        {
            Wrong(property, null, $"{property.TypeName} has no members", "add the categories");
        }
        else if (type.Members.Count > Limits.NamedCategories)
        {
            TooMany(property, type.Members.Count);
        }
        return Math.Max(1, type.Members.Count);
    }

    private void TooMany(RecordProperty property, int count) => Wrong(
        property, null, FormattableString.Invariant($"it has {count} named categories, more than the limit of {Limits.NamedCategories}"),
        "number them, in a property of type int with its cardinality");

    private void Wrong(RecordProperty property, string? argument, string problem, string fix) =>
        Report(property, argument, DiagnosticDescriptors.BadCategories, property.Name, problem, fix, property.Attributes[0].Name);

    private void Unsupported(RecordProperty property, string types) => Report(
        property, null, DiagnosticDescriptors.UnsupportedType, property.Attributes[0].Name, types, property.Name, property.TypeName);

    private void Report(RecordProperty? property, string? argument, string id, params object[] arguments)
    {
        IsComplete = false;
        diagnostics.Add(DiagnosticInfo.At(
            property is null ? task : LocationOf(property) with { Argument = argument }, id, arguments));
    }
}

/// <summary>What the properties of a task's records may be.</summary>
/// <param name="values">The roles of values.</param>
/// <param name="needsKey">Whether each record names its series.</param>
/// <param name="needsTime">Whether each record has a time.</param>
/// <param name="areAggregated">Whether a token may be made of several records.</param>
internal sealed class RecordRoles(ColumnRole[] values, bool needsKey, bool needsTime, bool areAggregated)
{
    public IReadOnlyList<ColumnRole> Values => values;

    public bool NeedsKey => needsKey;

    public bool NeedsTime => needsTime;

    public bool AreAggregated => areAggregated;
}
