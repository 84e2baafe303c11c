using System.Collections.Immutable;
using System.Composition;
using AarenGen.Generator.Diagnostics;
using AarenGen.Generator.Model;
using AarenGen.Generator.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Formatting;
using Microsoft.CodeAnalysis.Rename;

namespace AarenGen.CodeFixes;

/// <summary>Fixes the mistakes of declarations that have one obvious fix.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(DeclarationFixProvider)), Shared]
public sealed class DeclarationFixProvider : CodeFixProvider
{
    private delegate Fix? Find(SyntaxNode node, Diagnostic diagnostic, SemanticModel model);

    private static readonly ImmutableDictionary<string, Find> Fixes = new Dictionary<string, Find>
    {
        [DiagnosticDescriptors.NotPartial] = static (node, _, _) => MakePartial(node),
        [DiagnosticDescriptors.ContainerNotPartial] = static (node, _, _) => MakePartial(node),
        [DiagnosticDescriptors.FileLocal] = static (node, _, _) => MakeInternal(node),
        [DiagnosticDescriptors.OutOfRange] = static (node, diagnostic, _) => ReplaceArgument(node, diagnostic),
        [DiagnosticDescriptors.HeadsDoNotDivide] = static (node, diagnostic, _) => ReplaceArgument(node, diagnostic),
        [DiagnosticDescriptors.BadName] = static (node, diagnostic, _) => ReplaceArgument(node, diagnostic),
        [DiagnosticDescriptors.ComponentsWithoutModel] = static (node, _, model) => AddSequenceModel(node, model),
        [DiagnosticDescriptors.HalfLifeWithoutForget] = static (node, _, _) => AddForget(node),
        [DiagnosticDescriptors.NeverForgets] = static (node, _, _) => AddForget(node),
        [DiagnosticDescriptors.RepeatedField] = static (node, _, _) => RemoveArgument(node),
        [DiagnosticDescriptors.ConstantField] = static (node, _, _) => RemoveArgument(node),
    }.ToImmutableDictionary();

    /// <inheritdoc />
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = [.. Fixes.Keys, DiagnosticDescriptors.NameTooLong];

    /// <inheritdoc />
    public override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    /// <inheritdoc />
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        if (await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false) is not { } root
            || await context.Document.GetSemanticModelAsync(context.CancellationToken).ConfigureAwait(false) is not { } model)
        {
            return;
        }
        foreach (Diagnostic diagnostic in context.Diagnostics)
        {
            SyntaxNode node = root.FindNode(diagnostic.Location.SourceSpan, getInnermostNodeForTie: true);
            if (diagnostic.Id == DiagnosticDescriptors.NameTooLong)
            {
                RegisterShorterName(context, node, diagnostic);
            }
            else if (Fixes[diagnostic.Id](node, diagnostic, model) is { } fix)
            {
                Document replaced = context.Document.WithSyntaxRoot(root.ReplaceNode(fix.Old, fix.New));
                context.RegisterCodeFix(CodeAction.Create(fix.Title, _ => Task.FromResult(replaced), fix.Title), diagnostic);
            }
        }
    }

    /// <summary>Renames the class, wherever it is named.</summary>
    private static void RegisterShorterName(CodeFixContext context, SyntaxNode node, Diagnostic diagnostic)
    {
        if (Replacement(diagnostic) is not { } name || node.FirstAncestorOrSelf<TypeDeclarationSyntax>() is not { } type)
        {
            return;
        }
        const string title = "Cut the name";
        context.RegisterCodeFix(CodeAction.Create(title, Rename, title), diagnostic);

        async Task<Solution> Rename(CancellationToken cancellation)
        {
            SemanticModel? model = await context.Document.GetSemanticModelAsync(cancellation).ConfigureAwait(false);
            return model?.GetDeclaredSymbol(type, cancellation) is { } symbol
                ? await Renamer.RenameSymbolAsync(
                    context.Document.Project.Solution, symbol, new SymbolRenameOptions(), name, cancellation).ConfigureAwait(false)
                : context.Document.Project.Solution;
        }
    }

    private static Fix? MakePartial(SyntaxNode node) => node.FirstAncestorOrSelf<TypeDeclarationSyntax>() is { } type
        ? new("Make it partial", type, Modify(type, type.Modifiers.Add(SyntaxFactory.Token(SyntaxKind.PartialKeyword)))) : null;

    /// <summary>Of the type, or of the one around it that is file-local.</summary>
    private static Fix? MakeInternal(SyntaxNode node)
    {
        TypeDeclarationSyntax? type = node.AncestorsAndSelf().OfType<TypeDeclarationSyntax>()
            .FirstOrDefault(static t => t.Modifiers.Any(SyntaxKind.FileKeyword));
        return type is null ? null : new("Make it internal", type, type.WithModifiers(new(type.Modifiers.Select(static m =>
            m.IsKind(SyntaxKind.FileKeyword) ? SyntaxFactory.Token(SyntaxKind.InternalKeyword).WithTriviaFrom(m) : m))));
    }

    /// <summary>The type with its modifiers; where it had none, the first one takes over what stands before the keyword.</summary>
    private static TypeDeclarationSyntax Modify(TypeDeclarationSyntax type, SyntaxTokenList modifiers)
    {
        SyntaxToken last = modifiers.Last().WithTrailingTrivia(SyntaxFactory.Space);
        if (modifiers.Count > 1)
        {
            return type.WithModifiers(modifiers.Replace(modifiers.Last(), last));
        }
        last = last.WithLeadingTrivia(type.Keyword.LeadingTrivia);
        return type.WithKeyword(type.Keyword.WithLeadingTrivia()).WithModifiers(SyntaxFactory.TokenList(last));
    }

    /// <summary>Before the first component, and qualified as that is; attributes of others may stand before it.</summary>
    private static Fix? AddSequenceModel(SyntaxNode node, SemanticModel model)
    {
        if (node.FirstAncestorOrSelf<TypeDeclarationSyntax>() is not { } type || model.GetDeclaredSymbol(type) is not { } symbol
            || symbol.GetAttributes().Where(Parser.IsComponentOrWeights).Select(static a => a.ApplicationSyntaxReference?.GetSyntax())
                .OfType<AttributeSyntax>().FirstOrDefault(a => a.Parent?.Parent == type) is not { Parent: AttributeListSyntax list } first)
        {
            return null;
        }
        AttributeSyntax added = SyntaxFactory.Attribute(SyntaxFactory.ParseName(Qualifier(first.Name) + "SequenceModel"));
        // The formatter would join lists that stand on one line.
        SyntaxToken comma = SyntaxFactory.Token(SyntaxKind.CommaToken).WithTrailingTrivia(SyntaxFactory.Space);
        SyntaxNodeOrTokenList attributes = list.Attributes.GetWithSeparators().InsertRange(
            2 * list.Attributes.IndexOf(first), new SyntaxNodeOrToken[] { added, comma });
        return new("Add [SequenceModel]", list, list.WithAttributes(SyntaxFactory.SeparatedList<AttributeSyntax>(attributes)));
    }

    /// <summary>How the user names a namespace before an attribute, with the dot; empty where a using does.</summary>
    private static string Qualifier(NameSyntax name) => name switch
    {
        QualifiedNameSyntax qualified => $"{qualified.Left}.",
        AliasQualifiedNameSyntax alias => $"{alias.Alias}::",
        _ => "",
    };

    private static Fix? AddForget(SyntaxNode node)
    {
        if (node.FirstAncestorOrSelf<AttributeSyntax>() is not { } layer)
        {
            return null;
        }
        AttributeArgumentListSyntax arguments = layer.ArgumentList ?? SyntaxFactory.AttributeArgumentList();
        AttributeArgumentSyntax? written = arguments.Arguments
            .FirstOrDefault(static a => a.NameEquals?.Name.Identifier.ValueText == "Forget");
        ExpressionSyntax isTrue = SyntaxFactory.LiteralExpression(SyntaxKind.TrueLiteralExpression);
        AttributeArgumentSyntax forget = SyntaxFactory.AttributeArgument(isTrue).WithNameEquals(SyntaxFactory.NameEquals("Forget"));
        arguments = written is null
            ? arguments.AddArguments(forget) : arguments.ReplaceNode(written.Expression, isTrue.WithTriviaFrom(written.Expression));
        return new("Let it forget", layer, layer.WithArgumentList(arguments).WithAdditionalAnnotations(Formatter.Annotation));
    }

    private static Fix? ReplaceArgument(SyntaxNode node, Diagnostic diagnostic)
    {
        // The mistake is at the value; where it is at the whole attribute, the argument is not written there.
        if (Replacement(diagnostic) is not { } text || node.FirstAncestorOrSelf<ExpressionSyntax>() is not { } expression
            || expression.FirstAncestorOrSelf<AttributeArgumentSyntax>() is null)
        {
            return null;
        }
        return new($"Replace it by {text}", expression, SyntaxFactory.ParseExpression(text).WithTriviaFrom(expression));
    }

    private static Fix? RemoveArgument(SyntaxNode node)
    {
        if (node.FirstAncestorOrSelf<AttributeArgumentSyntax>() is not { Parent: AttributeArgumentListSyntax list } argument)
        {
            return null;
        }
        const string title = "Remove the field";
        if (list.Arguments.Count > 1)
        {
            return new(title, list, list.WithArguments(list.Arguments.Remove(argument)));
        }
        // A calendar without a field is none.
        var calendar = (AttributeSyntax)list.Parent!;
        return calendar.Parent is AttributeListSyntax { Attributes.Count: > 1 } attributes
            ? new("Remove the calendar", attributes, attributes.WithAttributes(attributes.Attributes.Remove(calendar)))
            : null;
    }

    private static string? Replacement(Diagnostic diagnostic) =>
        diagnostic.Properties.TryGetValue(DiagnosticInfo.ReplacementProperty, out string? text) ? text : null;

    /// <summary>What the user reads, and the node that takes the place of another.</summary>
    private sealed record Fix(string Title, SyntaxNode Old, SyntaxNode New);
}
