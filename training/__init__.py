"""Scripts that fit curves and train weights; nothing of the product imports them."""
