using Microsoft.CodeAnalysis;

namespace AarenGen.Generator.Diagnostics;

/// <summary>All diagnostics, each explained in docs/diagnostics.md.</summary>
internal static class Descriptors
{
    public const string NotPartial = "AAREN001", UnsupportedKind = "AAREN002", Generic = "AAREN003", FileLocal = "AAREN004",
        ContainerNotPartial = "AAREN005", BaseClass = "AAREN006", SeveralDeclarations = "AAREN007", MemberExists = "AAREN008",
        MissingInput = "AAREN010", MisplacedInput = "AAREN011", NoLayer = "AAREN012", MissingLoss = "AAREN013",
        MisplacedLoss = "AAREN014", UnknownPart = "AAREN015",
        OutOfRange = "AAREN020", HeadsDoNotDivide = "AAREN021", UndefinedValue = "AAREN022", BadName = "AAREN023",
        DuplicateName = "AAREN024", TooLarge = "AAREN025";

    private static readonly Dictionary<string, DiagnosticDescriptor> All = new[]
    {
        Error(NotPartial, "A sequence model must be partial", "'{0}' must be declared 'partial', so that the generator can complete it"),
        Error(UnsupportedKind, "This kind of type cannot be a sequence model", "'{0}' is {1}; a sequence model must be an ordinary class"),
        Error(Generic, "A sequence model cannot be generic", "'{0}' is generic; declare the sequence model as, and inside, non-generic types only"),
        Error(FileLocal, "A sequence model cannot be file-local", "'{0}' is declared 'file'; the generated half lies in another file, so make it internal"),
        Error(ContainerNotPartial, "A type around a sequence model must be partial", "'{0}' contains the sequence model '{1}' and must be declared 'partial'"),
        Error(BaseClass, "A sequence model cannot have a base class", "'{0}' derives from '{1}', but a sequence model derives from AarenGen.SequenceModel<{0}>; hold the model in a field instead"),
        Error(SeveralDeclarations, "The parts of a sequence model must stand on one declaration", "This part stands on another declaration of '{0}' than [SequenceModel]; put all parts on one, since their order is the order of the layers"),
        Error(MemberExists, "The generator writes this member", "'{0}' declares '{1}', which the generator writes; rename or remove it"),
        Error(MissingInput, "A sequence model needs an input", "'{0}' does not say what a token is; begin with an input such as [Continuous(7)]"),
        Error(MisplacedInput, "The input comes first, once", "[{0}] must be the first part of '{1}', and its only input"),
        Error(NoLayer, "A sequence model needs a layer", "'{0}' has no layer; put at least one, such as [Dense(1)], between input and loss"),
        Error(MissingLoss, "A sequence model needs a loss", "'{0}' does not say what to train for; end with a loss such as [MeanSquaredError]"),
        Error(MisplacedLoss, "The loss comes last, once", "[{0}] must be the last part of '{1}', and its only loss"),
        Error(UnknownPart, "The generator does not know this part", "[{0}] is not known to this version of the generator; update the package so that runtime and generator match"),
        Error(OutOfRange, "The argument is out of range", "{0} of [{1}] is {2}, but must be {3}"),
        Error(HeadsDoNotDivide, "The heads must divide the width", "{0} heads do not divide the width {1} of the tokens here; choose one of {2}"),
        Error(UndefinedValue, "The argument is not a value of its type", "{0} of [{1}] is {2}, which is none of {3}"),
        Error(BadName, "The name cannot be used in files", "'{0}' is no usable name; use letters, digits and underscores, parted by single dots"),
        Error(DuplicateName, "Two layers have the same name", "The parameter '{0}' would occur twice in files; give one of the layers another Name"),
        Error(TooLarge, "The model is too large", "{0} of '{1}' would be {2}, more than the limit of {3}; make the model smaller"),
    }.ToDictionary(static d => d.Id, StringComparer.Ordinal);

    public static IEnumerable<DiagnosticDescriptor> Descriptions => All.Values;

    public static DiagnosticDescriptor Get(string id) => All[id];

    private static DiagnosticDescriptor Error(string id, string title, string message) =>
        new(id, title, message, "AarenGen", DiagnosticSeverity.Error, isEnabledByDefault: true);
}
