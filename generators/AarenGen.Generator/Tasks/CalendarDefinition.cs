using AarenGen.Generator.Diagnostics;
using AarenGen.Generator.Model;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Tasks;

/// <summary>[Calendar(fields)]: fields of the calendar as categories.</summary>
internal sealed class CalendarDefinition : TaskOptionDefinition
{
    private const string Argument = "Fields";

    public override string Name => "Calendar";

    /// <summary>Categories of a field.</summary>
    public static int Cardinality(CalendarField field) => field switch
    {
        CalendarField.MinuteOfHour => 60,
        CalendarField.HourOfDay => 24,
        CalendarField.DayOfWeek => 7,
        CalendarField.DayOfMonth => 31,
        CalendarField.MonthOfYear => 12,
        _ => 53,
    };

    /// <summary>The fields, each once, as far as they say something of the intervals; null: the intervals are not known.</summary>
    public static List<CalendarField> Fields(
        ComponentDeclaration component, TimeInterval? interval, bool isUtc, DiagnosticBag diagnostics)
    {
        var fields = new List<CalendarField>();
        EquatableArray<int> written = component.Integers(Argument);
        if (written.Count == 0 && component.Has(Argument))
        {
            Report(DiagnosticDescriptors.RepeatedField, null, "has no field");
        }
        string[] names = Enum.GetNames(typeof(CalendarField));
        for (int i = 0; i < written.Count; i++)
        {
            var field = (CalendarField)written[i];
            if (written[i] < 0 || written[i] >= names.Length)
            {
                Report(DiagnosticDescriptors.UndefinedValue, i, "Fields", "Calendar", written[i], string.Join(", ", names));
            }
            else if (fields.Contains(field))
            {
                Report(DiagnosticDescriptors.RepeatedField, i, $"has {field} twice");
            }
            else if (interval?.IsConstant(field, isUtc) == true)
            {
                Report(DiagnosticDescriptors.ConstantField, i, field, interval.Text);
            }
            else
            {
                fields.Add(field);
            }
        }
        return fields;

        void Report(string id, int? element, params object[] arguments) => diagnostics.Add(DiagnosticInfo.At(
            diagnostics.LocationOf(component) with { Argument = element is { } i ? $"{Argument}[{Literal.Number(i)}]" : null },
            id, arguments));
    }
}
