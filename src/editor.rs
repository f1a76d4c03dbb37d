//! The program that browsers run on the page of the editor: puts the canvas into its place on the
//! page.

fn main() {
    console_error_panic_hook::set_once();
    wayfare::ui::editor::mount();
}
