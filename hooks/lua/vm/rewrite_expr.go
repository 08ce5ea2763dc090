package vm

import (
	"math"
	"strconv"
	"strings"

	"github.com/yuin/gopher-lua/ast"
)

func (r *rewriter) exprs(list []ast.Expr) {
	for i := range list {
		list[i] = r.expr(list[i])
	}
}

// expr returns what an expression becomes.
func (r *rewriter) expr(e ast.Expr) ast.Expr {
	defer func() { r.depth-- }()
	if !r.deeper(e) {
		return e
	}
	switch e := e.(type) {
	case *ast.StringExpr:
		r.constant(e, "s"+e.Value)
	case *ast.NumberExpr:
		return r.number(e)
	case *ast.IdentExpr:
		r.constant(e, "s"+e.Value)
	case *ast.Comma3Expr:
		if !r.fn.vararg {
			r.fail(e, "cannot use '...' outside a vararg function")
		}
	case *ast.AttrGetExpr:
		e.Object = r.expr(e.Object)
		e.Key = r.expr(e.Key)
	case *ast.TableExpr:
		return r.table(e)
	case *ast.FuncCallExpr:
		r.call(e)
	case *ast.LogicalOpExpr:
		return r.logical(e)
	case *ast.RelationalOpExpr:
		e.Lhs, e.Rhs = r.expr(e.Lhs), r.expr(e.Rhs)
	case *ast.ArithmeticOpExpr:
		e.Lhs, e.Rhs = r.expr(e.Lhs), r.expr(e.Rhs)
	case *ast.StringConcatOpExpr:
		return r.concat(e)
	case *ast.UnaryMinusOpExpr:
		e.Expr = r.expr(e.Expr)
	case *ast.UnaryNotOpExpr:
		return r.not(e)
	case *ast.UnaryLenOpExpr:
		e.Expr = r.expr(e.Expr)
	case *ast.FunctionExpr:
		r.body(e)
	}
	return e
}

func (r *rewriter) call(e *ast.FuncCallExpr) {
	if e.Func != nil {
		e.Func = r.expr(e.Func)
	} else {
		e.Receiver = r.expr(e.Receiver)
		r.constant(e, "s"+e.Method)
	}
	r.exprs(e.Args)
}

// number spells a number so that gopher-lua reads it as Lua does: it takes 0010
// for 8 and what is too large for not a number.
func (r *rewriter) number(e *ast.NumberExpr) ast.Expr {
	f, ok := ParseNumber(e.Value)
	if !ok {
		r.fail(e, "malformed number near '%s'", strings.ToValidUTF8(e.Value, "")) // the scanner lets the end in
		return e
	}
	r.constant(e, "n"+e.Value)
	if math.IsInf(f, 1) {
		huge := on(e, &ast.NumberExpr{Value: "1e300"})
		return on(e, &ast.ArithmeticOpExpr{Operator: "*", Lhs: huge, Rhs: huge})
	}
	e.Value = strconv.FormatFloat(f, 'g', -1, 64)
	return e
}

// concat hands all operands of a chain of .. to a helper, which keeps strings
// within limits and spells numbers as Lua does.
func (r *rewriter) concat(e *ast.StringConcatOpExpr) ast.Expr {
	var operands []ast.Expr
	for next := ast.Expr(e); next != nil; {
		c, ok := next.(*ast.StringConcatOpExpr)
		if !ok {
			operands = append(operands, adjusted(r.expr(next)))
			break
		}
		operands = append(operands, adjusted(r.expr(c.Lhs)))
		next = c.Rhs
	}
	const most = 50 // operands need a register each
	for len(operands) > most {
		rest := len(operands) - most
		operands = append(operands[:rest:rest], r.helper(e, "(concat)", operands[rest:]...))
	}
	return r.helper(e, "(concat)", operands...)
}

// table goes round two faults of gopher-lua: after a full batch of 50 items, a
// named field makes it store the batch again, and a list at the end is stored
// over the last batch.
func (r *rewriter) table(e *ast.TableExpr) ast.Expr {
	items := 0
	for _, f := range e.Fields {
		if f.Key != nil {
			f.Key = r.key(f.Key)
			f.Value = adjusted(r.expr(f.Value))
			continue
		}
		f.Value = r.expr(f.Value)
		items++
	}
	if items > maxItems {
		r.fail(e, "more than %d items in one table", maxItems)
	}
	if items < batch {
		return e
	}
	e.Fields = namedFirst(e.Fields)
	last := e.Fields[len(e.Fields)-1]
	if (items-1)%batch != 0 || !isMulti(last.Value) {
		return e
	}
	e.Fields = e.Fields[:len(e.Fields)-1]
	count := on(e, &ast.NumberExpr{Value: strconv.Itoa(items - 1)})
	return r.helper(e, "(append)", e, count, last.Value)
}

// batch is how many items gopher-lua stores at once.
const batch = 50

func namedFirst(fields []*ast.Field) []*ast.Field {
	var named, items []*ast.Field
	for _, f := range fields {
		if f.Key != nil {
			named = append(named, f)
		} else {
			items = append(items, f)
		}
	}
	return append(named, items...)
}

// key checks the key of a field in brackets where it is not in the source.
func (r *rewriter) key(k ast.Expr) ast.Expr {
	k = r.expr(k)
	switch k.(type) {
	case *ast.StringExpr, *ast.TrueExpr, *ast.FalseExpr:
		return k
	}
	return r.helper(k, "(key)", adjusted(k))
}

// logical folds away constant operands on the left, which gopher-lua gets
// wrong.
func (r *rewriter) logical(e *ast.LogicalOpExpr) ast.Expr {
	e.Lhs, e.Rhs = r.expr(e.Lhs), r.expr(e.Rhs)
	t := truth(e.Lhs)
	switch {
	case t == unknown:
		e.Lhs, e.Rhs = adjusted(e.Lhs), adjusted(e.Rhs)
		return e
	case (t == alwaysTrue) == (e.Operator == "and"):
		return adjusted(e.Rhs)
	default:
		return e.Lhs
	}
}

func (r *rewriter) not(e *ast.UnaryNotOpExpr) ast.Expr {
	e.Expr = r.expr(e.Expr)
	switch truth(e.Expr) {
	case alwaysTrue:
		return on(e, &ast.FalseExpr{})
	case alwaysFalse:
		return on(e, &ast.TrueExpr{})
	}
	return e
}

// certainty is what is known of the truth of an expression.
type certainty int

const (
	unknown certainty = iota
	alwaysTrue
	alwaysFalse
)

func truth(e ast.Expr) certainty {
	switch e.(type) {
	case *ast.TrueExpr, *ast.NumberExpr, *ast.StringExpr:
		return alwaysTrue
	case *ast.FalseExpr, *ast.NilExpr:
		return alwaysFalse
	}
	return unknown
}

// adjusted makes an expression give one value, as if in brackets.
func adjusted(e ast.Expr) ast.Expr {
	switch e := e.(type) {
	case *ast.FuncCallExpr:
		e.AdjustRet = true
	case *ast.Comma3Expr:
		e.AdjustRet = true
	}
	return e
}

// isMulti reports whether an expression can give any number of values.
func isMulti(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.FuncCallExpr:
		return !e.AdjustRet
	case *ast.Comma3Expr:
		return !e.AdjustRet
	}
	return false
}

// isRisky reports whether gopher-lua writes to the variable that is assigned to
// before it is done with the expression.
func isRisky(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.LogicalOpExpr:
		return true
	case *ast.FuncCallExpr:
		return e.AdjustRet
	case *ast.Comma3Expr:
		return e.AdjustRet
	}
	return false
}

func (r *rewriter) isHelper(call *ast.FuncCallExpr) bool {
	id, ok := call.Func.(*ast.IdentExpr)
	return ok && r.helpers[id.Value] && id.Value[0] == '('
}
