using System.Reflection;
using Microsoft.CodeAnalysis;

namespace AarenGen.Generator.Diagnostics;

/// <summary>All diagnostics, each explained in docs/diagnostics.md.</summary>
internal static class DiagnosticDescriptors
{
    public const string NotPartial = "AAREN001", UnsupportedKind = "AAREN002", Generic = "AAREN003", FileLocal = "AAREN004",
        ContainerNotPartial = "AAREN005", BaseClass = "AAREN006", SeveralDeclarations = "AAREN007", MemberExists = "AAREN008",
        MissingInput = "AAREN010", MisplacedInput = "AAREN011", NoLayer = "AAREN012", MissingLoss = "AAREN013",
        MisplacedLoss = "AAREN014", UnknownComponent = "AAREN015", MisplacedPreprocessing = "AAREN016",
        PreprocessingNeedsNumbers = "AAREN017", HeadWithoutLoss = "AAREN018", LayerAfterLoss = "AAREN019",
        OutOfRange = "AAREN020", HeadsDoNotDivide = "AAREN021", UndefinedValue = "AAREN022", BadName = "AAREN023",
        DuplicateName = "AAREN024", TooLarge = "AAREN025", InputWidthsDiffer = "AAREN026", OutputsDoNotFit = "AAREN027",
        CannotDenormalize = "AAREN028", NotNormalizable = "AAREN029", BadLevels = "AAREN030", BadClassWeights = "AAREN031",
        BadHeadName = "AAREN032",
        BadWeightsFile = "AAREN033", NoDeviceCode = "AAREN034",
        ComponentsWithoutModel = "AAREN035", LanguageTooOld = "AAREN036", MissingRuntime = "AAREN037", NameTooLong = "AAREN038",
        HalfLifeWithoutForget = "AAREN039", NothingToStandardize = "AAREN040";

    /// <summary>Of tasks.</summary>
    public const string MisplacedTask = "AAREN050", NoTask = "AAREN051", InputBesideTask = "AAREN052", NotOfTask = "AAREN053",
        BadInterval = "AAREN054", BadTimeZone = "AAREN055", RepeatedField = "AAREN056", ConstantField = "AAREN057",
        ChannelWithoutTarget = "AAREN058", NeverForgets = "AAREN059";

    /// <summary>Of the types of records.</summary>
    public const string RecordKind = "AAREN060", RecordInaccessible = "AAREN061", UnreadableProperty = "AAREN062",
        SeveralRoles = "AAREN063", UnsupportedType = "AAREN064", NullableIdentity = "AAREN065", MissingColumn = "AAREN066",
        RepeatedRole = "AAREN067", BadCategories = "AAREN068", BadColumnName = "AAREN069", BadTargetName = "AAREN070",
        RoleNotOfTask = "AAREN071", BadAction = "AAREN072";

    /// <summary>The address of docs/diagnostics.md; null where the sources have no public one.</summary>
    private static readonly string? Page = typeof(DiagnosticDescriptors).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .FirstOrDefault(static a => a.Key == "DiagnosticsPage")?.Value;

    private static readonly Dictionary<string, DiagnosticDescriptor> All = new[]
    {
        Error(NotPartial, "A sequence model must be partial", "'{0}' must be declared 'partial', so that the generator can complete it"),
        Error(UnsupportedKind, "This kind of type cannot be a sequence model", "'{0}' is {1}; a sequence model must be an ordinary class"),
        Error(
            Generic, "A sequence model cannot be generic",
            "'{0}' is generic; declare the sequence model as, and inside, non-generic types only"),
        Error(
            FileLocal, "A sequence model cannot be file-local",
            "'{0}' is declared 'file'; the generated half lies in another file, so make it internal"),
        Error(
            ContainerNotPartial, "A type around a sequence model must be partial",
            "'{0}' contains the sequence model '{1}' and must be declared 'partial'"),
        Error(
            BaseClass, "A sequence model cannot have a base class",
            "'{0}' derives from '{1}', but the generator derives it from AarenGen.{2}; hold the model in a field instead"),
        Error(SeveralDeclarations, "The components of a sequence model must be on one declaration", "This component is on another "
            + "declaration of '{0}' than [SequenceModel]; put all components on one, since their order is the order of the layers"),
        Error(MemberExists, "The generator writes this member", "'{0}' {1}; {2}"),
        Error(
            MissingInput, "A sequence model needs an input",
            "'{0}' does not say what a token is; begin with an input such as [Continuous(7)]"),
        Error(MisplacedInput, "Inputs come first", "[{0}] must come before all layers and losses of '{1}'"),
        Error(
            NoLayer, "A sequence model needs a layer", "'{0}' has no layer; put at least one, such as [Dense(1)], between input and loss"),
        Error(
            MissingLoss, "A sequence model needs a loss",
            "'{0}' does not say what to train for; end with a loss such as [MeanSquaredError]"),
        Error(
            MisplacedLoss, "A loss ends a model or a head",
            "'{1}' has another loss than [{0}]; for several, begin each with a head such as [Head(\"price\")]"),
        Error(
            UnknownComponent, "The generator does not know this component",
            "[{0}] is not known to this version of the generator; update the package so that runtime and generator match"),
        Error(
            MisplacedPreprocessing, "This component comes right after the input",
            "[{0}] of '{1}' must come after the input and before all layers, and only once"),
        Error(
            PreprocessingNeedsNumbers, "This component takes plain numbers",
            "[{0}] works only on numbers; {1}"),
        Error(
            HeadWithoutLoss, "A head needs a loss",
            "The head '{0}' of '{1}' does not say what to train for; end it with a loss such as [MeanSquaredError]"),
        Error(
            LayerAfterLoss, "Only a head can follow a loss",
            "[{0}] of '{1}' comes after a loss; move it before the loss, or begin a head with [Head(\"…\")]"),
        Error(OutOfRange, "The argument is out of range", "{0} of [{1}] is {2}, but must be {3}"),
        Error(
            HeadsDoNotDivide, "The heads must divide the width",
            "{0} heads do not divide the width {1} of the tokens here; choose one of {2}"),
        Error(UndefinedValue, "The argument is not a value of its type", "{0} of [{1}] is {2}, which is not one of {3}"),
        Error(
            BadName, "The name cannot be used in files",
            "'{0}' is not a usable name; use letters, digits and underscores, separated by single dots"),
        Error(
            DuplicateName, "Two layers have the same name",
            "The parameter '{0}' would occur twice in files; give one of the layers another Name"),
        Error(TooLarge, "The model is too large", "{0} of '{1}' would be {2}, more than the limit of {3}; make the model smaller"),
        Error(
            InputWidthsDiffer, "Summed inputs have one width",
            "[{0}] is {1} wide, but the first input {2}; inputs that are summed need the same Width"),
        Error(
            OutputsDoNotFit, "The loss does not fit the outputs",
            "[{0}] needs {1}, but the layers before it give {2}; change the units of the last layer"),
        Error(CannotDenormalize, "The outputs do not repeat the features", "[InstanceNorm] cannot denormalise {0} values per row, which "
            + "are not a multiple of the {1} features that it normalised; predict all of them, normalise only some by its Columns, or add "
            + "[ChannelIndependent]"),
        Error(
            NotNormalizable, "The loss predicts nothing on the input's scale",
            "[{0}] predicts no values on the scale of the input, which [InstanceNorm] of '{1}' could denormalise; remove one of them"),
        Error(BadLevels, "The quantile levels are not usable", "The levels {0} are not usable; give at least one, each above 0 and below "
            + "1, in ascending order and distinct as floats"),
        Error(
            BadClassWeights, "The class weights are not usable",
            "{0} class weights for {1} classes are not usable; give each class one, at least 0 and finite as a float, and not all 0"),
        Error(
            BadHeadName, "The name cannot be a head's",
            "'{0}' cannot name a head of '{1}', because {2}; choose another name, since predictions are read by a method of that name"),
        Error(
            BadWeightsFile, "The weights have no usable file name",
            "[Weights] needs the name of an embedded file, such as \"load.safetensors\", without its folder; '{0}' is not one"),
        Warning(
            NoDeviceCode, "The model cannot be trained on a device",
            "'{0}' has {1}, which has no CUDA implementation, so Device.Cuda cannot train it; train it on the CPU, or remove {1}"),
        Warning(
            ComponentsWithoutModel, "The components do not belong to a sequence model",
            "'{0}' has [{1}], but not [SequenceModel], so nothing is generated for it; add [SequenceModel], or remove the components"),
        Error(
            LanguageTooOld, "The language version is too old",
            "'{0}' is compiled as C# {1}, but generated code needs C# {2}; set <LangVersion> of the project to {2} or later, or remove it"),
        Error(MissingRuntime, "The project's references do not fit", "'{0}' needs {1}, which the project must reference exactly once; "
            + "reference the package AarenGen alone, and target a .NET version that it supports"),
        Error(NameTooLong, "The name is too long", "The full name of '{0}' has {1} bytes, more than the limit of {2}; shorten the name of "
            + "the class, of its namespace or of a type around it"),
        Error(
            HalfLifeWithoutForget, "A half-life needs a layer that forgets",
            "{0} of [{1}] says how fast an Aaren with Forget = true forgets, but this one never forgets; add Forget = true, or remove {0}"),
        Error(
            NothingToStandardize, "There is nothing to standardise",
            "'{0}' has neither a [Continuous] input nor a loss on a real scale, so [Standardize] has nothing to scale; remove it"),
        Error(
            MisplacedTask, "A task comes first",
            "[{0}] must be the first component of '{1}', and its only task; the components after it refine what it derives"),
        Error(
            NoTask, "This component belongs to a task",
            "[{0}] of '{1}' says more of a task such as [Forecast<Reading>(24, \"1h\")], but there is none; begin with a task"),
        Error(
            InputBesideTask, "A task derives the inputs",
            "[{0}] of '{1}' stands beside [{2}], which derives the inputs from its records; remove it"),
        Error(
            NotOfTask, "The component does not fit the task", "[{0}] does not fit the task of '{1}', which {2}; remove or replace it"),
        Error(
            BadInterval, "The interval names no grid of time",
            "'{0}' is no grid of time; write a whole number from 1 to 10000 and one of {1}, such as \"15min\""),
        Error(
            BadTimeZone, "The text names no time zone",
            "'{0}' cannot be the name of a time zone; write one such as \"Europe/Berlin\", or leave it out for UTC"),
        Error(RepeatedField, "Calendar fields are distinct", "[Calendar] {0}; name at least one field, and each once"),
        Error(
            ConstantField, "The calendar field is constant",
            "{0} is the same at the beginning of every interval of {1}, so it tells the model nothing; remove it"),
        Error(
            ChannelWithoutTarget, "Every channel needs a target",
            "[{0}] makes each number of a token a channel that is forecast, but '{1}' has observed values or values known ahead, which are "
                + "not; remove [{0}], or make them targets"),
        Warning(
            NeverForgets, "The layer does not follow streams beyond its training windows",
            "[{0}] of '{1}' weighs all that a series ever had, which it never learnt for more than a window of the training, so that "
                + "predictions of long series go wrong; let it forget, as [Aaren(Forget = true)] does"),
        Error(
            RecordKind, "The type cannot hold records", "'{0}' is {1}; the records of a task are instances of a class or a struct"),
        Error(
            RecordInaccessible, "The record type is less accessible than the model",
            "'{0}' is less accessible than '{1}', whose members take it; make it as accessible, or the model less so"),
        Error(
            UnreadableProperty, "The property cannot be read",
            "'{0}' {1}, so [{2}] cannot read it; give it a getter that is an instance member and accessible, or remove the attribute"),
        Error(SeveralRoles, "A property has one role", "'{0}' is [{1}] and [{2}]; choose one of them"),
        Error(UnsupportedType, "The type does not fit the role", "[{0}] takes {1}, but '{2}' is of type {3}"),
        Error(
            NullableIdentity, "Keys and times are never missing",
            "[{0}] takes a property that is never null, but '{1}' is of type {2}; remove the question mark"),
        Error(MissingColumn, "The record lacks a property", "'{0}' has no [{1}]; mark {2}"),
        Error(RepeatedRole, "Only one property has this role", "[{0}] is on '{1}' already; remove it from '{2}'"),
        Error(BadCategories, "The categories are not known", "[{3}] of '{0}' is not usable, because {1}; {2}"),
        Error(
            BadColumnName, "The name can be no column's",
            "Column of '{0}' has no letter that could be found in a table; write the column's name, or leave it out"),
        Error(
            BadTargetName, "The name is taken in the type of predictions",
            "'{0}' has the name of a member that the {2} of '{1}' has already; rename the property and keep the column's name by "
                + "[{3}(Column = \"{0}\")]"),
        Error(BadAction, "The action is not usable", "[Action] of '{0}' is not usable, because {1}; {2}"),
        Error(
            RoleNotOfTask, "The attribute does not fit the task",
            "{0} of '{1}' does not fit [{2}], whose records {3}; remove it, or choose another attribute"),
    }.ToDictionary(static d => d.Id, StringComparer.Ordinal);

    public static IEnumerable<DiagnosticDescriptor> Descriptions => All.Values;

    public static DiagnosticDescriptor Get(string id) => All[id];

    public static bool IsError(string id) => Get(id).DefaultSeverity == DiagnosticSeverity.Error;

    /// <summary>The heading of a diagnostic in docs/diagnostics.md.</summary>
    public static string Heading(string id, string title) => $"{id}: {char.ToLowerInvariant(title[0])}{title.Substring(1)}";

    private static DiagnosticDescriptor Error(string id, string title, string message) =>
        Create(id, title, message, DiagnosticSeverity.Error);

    private static DiagnosticDescriptor Warning(string id, string title, string message) =>
        Create(id, title, message, DiagnosticSeverity.Warning);

    private static DiagnosticDescriptor Create(string id, string title, string message, DiagnosticSeverity severity) =>
        new(id, title, message, "AarenGen", severity, isEnabledByDefault: true, helpLinkUri: LinkTo(Page, Heading(id, title)));

    /// <summary>The address of a heading: hosts of Markdown keep its letters in small, and write hyphens for spaces.</summary>
    internal static string? LinkTo(string? page, string heading) => page is null ? null : page + "#" + string.Concat(
        heading.ToLowerInvariant().Where(static c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_')
            .Select(static c => c == ' ' ? '-' : c));
}
